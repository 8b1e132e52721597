// An event as the contract's JSON, and a control signal back again.
//
//   kinds 1-43   ──▶ control_signal      data records ──▶ event_record      other kinds ──▶ only with extensions (D16)
//   milliseconds, RK-xx codes, ids as text; what the JSON cannot say (nanoseconds, slots) is lost on purpose
//
// Where the 128 bytes hold a number and the JSON wants text: turn ids are turn-000001; a causal parent is
// runtime_sequence:<n>; an invocation is its symbol, else pvi/<session>/<turn>/<n>; a discontinuity's domain is the
// symbol in argument_a; a free reason (provider=..., <transport>_connected) is the symbol in argument_a while
// `reason` is none; an event id is evt/<session>/<turn>/<n>, counted per turn as they are written.
//
// Invariants. (1) Every control signal written obeys 1.2, 1.3 and its row of 1.5, or is refused with the member that
// stops it. (2) to_json(from_json(x)) = x for every signal this wrote (property test).
// One thread; the writer counts event ids, so write a recording with one writer. Contract: runtime.md 1.1-1.5, 10.3.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/replay/event_identity.hpp"
#include "core/replay/recording_names.hpp"

namespace phalarope::replay {

/// What stops an artifact: the member's path and the rule it breaks (1.1 rule 5).
struct JsonProblem {
  std::string path;
  std::string rule;
};

enum class Extensions : std::uint8_t { without, with };

class EventJsonWriter {
 public:
  EventJsonWriter(const RecordingNames& names, Extensions extensions) : names_(names), extensions_(extensions) {}

  /// One object in one line; nothing for a kind that needs extensions when they are off. `text` is the payload's, and
  /// is written with extensions only.
  std::expected<std::optional<std::string>, JsonProblem> write(const Event& event, std::string_view text = {});

 private:
  const RecordingNames& names_;
  Extensions extensions_;
  EventIdentities identities_;
};

/// A control_signal back as an event. New texts are interned in `names`; turn ids must be ours. Strict: an unknown
/// member, name or missing obligation is a problem.
std::expected<Event, JsonProblem> control_signal_from_json(std::string_view json, RecordingNames& names);

}  // namespace phalarope::replay
