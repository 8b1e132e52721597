// Fork: the recorded inputs up to a point with the recorded plan, and from there on another future.
//
//   tape    I1 I2 I3 │ I4 I5 I6 I7 ...
//           └ past ──┘ └ shared ┘ └ live ──────────────────▶
//   past    every output is the recorded one, or nothing is forked
//   switch  another pipeline (pipeline_switched), another provider
//   shared  the recorded inputs still hold: every output is the recorded one, no changed node was asked
//   live    from the first difference on the recorded world is left: what the user did goes on as recorded, nodes and
//           loudspeaker answer for themselves, in virtual time (fork_live.hpp)
//
// So a fork that changes nothing has no difference at all, and the first difference of any other is the first one there
// is. Invariants. (1) Equal forks give equal bytes. (2) What cannot be known is not made up: the future ends there and
// says why. Other sessions of the recording go on as recorded. One thread, no clock.
// Contract: design.md "A replay ... Fork"; evidence.md 2.1-2.3; decisions.md D7, D23.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/fork_world.hpp"
#include "core/replay/replay_artifact.hpp"
#include "core/replay/step_function.hpp"
#include "core/replay/tape.hpp"

namespace phalarope::replay {

/// Before the step of this input, for this session.
struct ForkPoint {
  std::size_t item = 0;
  std::uint16_t slot = 0;
};

/// Whether a node's answers are recorded ones or new ones.
enum class NodeAnswers : std::uint8_t {
  recorded,       // the script; off it, the recorded node really
  recorded_only,  // the script; off it, nobody knows
  really,         // the recorded node, really: what it would say today
  forked          // the node that the fork was given
};

struct ForkSettings {
  ForkPoint point{};
  std::vector<std::byte> pipeline{};  // the new pipeline's record; empty: none
  std::uint32_t first_symbol = 0;     // of the new pipeline's texts
  std::vector<NodeAnswers> nodes{};   // by node index; missing: recorded
  bool live_at_once = false;          // leave the recorded world at the point, not at the first difference
  std::int64_t period_frames = 160;
  std::int64_t sample_rate_hz = 16'000;
  std::int64_t queued_periods = 2;
};

/// Who writes down what happens, in order.
struct ForkSink {
  std::function<void(std::size_t item)> on_item = [](std::size_t) {};  // of the tape, before its event
  std::function<void(const Event& input, std::string_view words, std::span<const Event> outputs)> on_step =
      [](const Event&, std::string_view, std::span<const Event>) {};
  std::function<void(std::span<const std::byte> session_record)> on_seat = [](std::span<const std::byte>) {};
  std::function<void()> on_fork = [] {};  // before the switch
  std::function<void(std::size_t item, Instant at)> on_live = [](std::size_t, Instant) {};
};

struct ForkDifference {
  std::size_t item = 0;  // of the tape: the input whose step differs
  std::int64_t at_ns = 0;
  std::string recorded;  // in words
  std::string now;
  std::string field;  // of event_fields; empty: one of the two is missing, or a changed node was asked
};

struct ForkOutcome {
  std::uint64_t past_outputs = 0;    // verified
  std::uint64_t shared_outputs = 0;  // behind the point and still the recorded ones
  std::uint64_t live_steps = 0;
  std::optional<ForkDifference> first;
  std::optional<std::int64_t> world_valid_until_ns;  // absent: to the end
  std::vector<std::string> notes;                    // why the recorded world is doubtful, in order
  std::string stopped;                               // why the future ends early; empty: it does not
};

/// Where a cursor stands in a tape.
std::expected<ForkPoint, std::string> fork_point_at(const Tape& tape, const ReplayCursor& cursor);

/// Lives the future. An error says why there is none: the past is not what was recorded.
std::expected<ForkOutcome, std::string> fork(const Tape& tape, const ForkSettings& settings, LiveStepFunction& engine,
                                             ForkWorld& world, const ForkSink& sink = {});

}  // namespace phalarope::replay
