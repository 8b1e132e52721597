// The checks of `phalarope doctor` that hold a machine against its profile. Each reads files only, so a folder can
// stand for a board (`--root`), and each bad finding says its cure.
//
//   profile ┐
//           ├─▶ board_findings ─▶ cores, isolation, governor, throttling, swap, memory, kernel, power, heat, cards
//   files  ─┘
//
// Verdicts: good; note (works, worse than it could); bad (will not work). Contract: users.md 19; SW-11.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/board_profile.hpp"
#include "firmware_images/phalarope/machine_files.hpp"

namespace phalarope::program {

enum class Verdict : std::uint8_t { good, note, bad };

struct Finding {
  std::string what;
  Verdict verdict = Verdict::good;
  std::string value;
  std::string cure;  // for notes and bad findings
};

std::vector<Finding> board_findings(const spec::BoardProfile& board, const MachineFiles& files);

/// The ids of the sound cards, as they stand in plughw:CARD=<id>.
std::vector<std::string> sound_cards(const MachineFiles& files);

}  // namespace phalarope::program
