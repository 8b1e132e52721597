// Tape: one run of a recording in memory, so that it can be walked from any place: what went in, what came out, with
// the words and the sound that stand beside it.
//
//   pipelines, sessions │ input  output output │ seat │ input  output │ ...          items, in recorded order
//                             └ text                    └ sound                      by their item
//
// Invariants. (1) Recorded order is kept. (2) A tape is whole: a recording with damage or lost events gives none,
// because what cannot be seen cannot be walked. One thread. Contract: evidence.md 2.1, 2.2; record.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/evidence/record.hpp"
#include "core/replay/record_source.hpp"

namespace phalarope::replay {

struct TapeItem {
  enum class Kind : std::uint8_t { input, output, seat };
  Kind kind = Kind::input;
  Event event{};
  std::uint32_t text = 0;   // in Tape::texts; 0: none
  std::uint32_t extra = 0;  // of a seat: in Tape::seats
};

/// One audio record, as it stands: its codec is the header's.
struct TapeSound {
  std::size_t item = 0;  // it stands behind this one
  AudioRecordHeader header{};
  std::vector<std::byte> body;
};

struct Tape {
  std::vector<std::vector<std::byte>> pipelines;
  std::vector<std::vector<std::byte>> first_sessions;
  std::vector<std::vector<std::byte>> seats;  // session records that stand behind events
  std::vector<std::pair<std::uint32_t, std::string>> symbols;
  std::vector<TapeItem> items;
  std::vector<std::string> texts = {std::string()};
  std::vector<TapeSound> sound;

  std::string_view text_of(const TapeItem& item) const { return texts[item.text]; }
  /// The input whose step gave the output at `item`; the item itself when it is an input.
  std::size_t step_of(std::size_t item) const;
  /// The output of session seat `slot` with this number.
  std::optional<std::size_t> find_output(std::uint16_t slot, std::uint64_t runtime_sequence) const;
  /// A symbol number above all that the run gave out.
  std::uint32_t first_free_symbol() const;
};

/// All runs of a recording; an error is a sentence that says why it cannot be walked.
std::expected<std::vector<Tape>, std::string> read_tapes(RecordSource& recording);

}  // namespace phalarope::replay
