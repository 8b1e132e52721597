// The replayer: feeds a recording's inputs into step and holds every output against the recorded one.
//
//   recording:   pipelines sessions I1  O1 O2   I2   I3  O3
//                    └─start──┘      │   ║  ║    │    │   ║      ║ compared field by field, in order
//   step:                            └─▶ o1 o2   └─▶  └─▶ o3
//
// A folder may hold several runs, one behind the other: where pipelines are recorded again, a fresh engine starts. A
// run may hold many sessions, on several pipelines; one that came later is seated where its record stands
// (session_book.hpp). Where a run was cut off (power_loss_found), outputs that the last step gave and the disk never
// got are counted, not held against it, and what closed the open turns is computed again (session/power_loss.hpp) and
// compared like all else.
//
// Invariants. (1) The recorded order is the only order; nothing is sorted. (2) Every byte of an output is compared
// and a difference names its field. (3) A recording that cannot be trusted (damage, lost events) is never called
// identical. (4) The recording is read once and never held in memory. Not here: modes that re-run nodes (fork), policy
// over divergences (evidence.md 2.5). One thread. No clock: whoever wants events per second gives the time it took.
// Contract: evidence.md 2.1, 2.2 (no sorting); I8; decisions.md D7, D23.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/function_ref.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/gap_watch.hpp"
#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"
#include "core/replay/session_book.hpp"
#include "core/replay/step_function.hpp"

namespace phalarope::replay {

enum class DifferenceKind : std::uint8_t { field, output_missing, output_unexpected };

/// One place where replay and recording disagree.
struct Difference {
  DifferenceKind kind = DifferenceKind::field;
  RecordPosition position;   // of the recorded output, or of the last record read
  std::uint64_t record = 0;  // its number in the recording
  std::uint64_t runtime_sequence = 0;
  EventKind event = EventKind::none;
  std::string session;     // its id where a run holds several, else empty
  std::string node;        // its id where the event names one, else empty
  std::string edge;        // likewise
  std::string_view field;  // of event_fields; empty unless kind is field
  std::string recorded;
  std::string replayed;
};

enum class ReplayVerdict : std::uint8_t {
  identical,      // every output, every byte
  different,      // at least one difference
  not_trusted,    // no difference seen, but damage or lost events mean that some could not be seen
  not_startable,  // no pipeline or session record before the first event, or the engine refused them
  empty           // no event at all
};
std::string_view name_of(ReplayVerdict verdict);

struct ReplayReport {
  ReplayVerdict verdict = ReplayVerdict::empty;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t inputs = 0;
  std::uint64_t outputs_recorded = 0;
  std::uint64_t outputs_replayed = 0;
  std::uint64_t outputs_different = 0;  // events, where a difference is one field of one event
  std::uint64_t outputs_cut_off = 0;    // given by the last step before a power cut and never on the disk
  std::uint64_t runs = 0;               // engines started
  bool stopped_early = false;           // differences_max was reached
  std::vector<Difference> differences;
  std::vector<RecordGap> gaps;
  std::vector<Damage> damage;
  std::uint64_t digest_recorded = 0;  // over the outputs, in order
  std::uint64_t digest_replayed = 0;
  std::optional<std::int64_t> elapsed_ns;  // the caller's stop watch

  std::optional<std::uint64_t> events_per_second() const;
};

struct ReplayOptions {
  /// Stop after this many differences; 1 stops at the first.
  std::size_t differences_max = 100;
  /// Names of event_fields that are not compared.
  std::vector<std::string> ignored_fields{};
  /// Gives nodes and edges their names in differences.
  PipelineNamer name_pipeline{};
  /// Told of every output the replay gives, in order.
  std::function<void(const Event&)> on_output{};
  /// Told of the last ones again, in order, when a cut means that the recording need not have them.
  std::function<void(const Event&)> on_cut_off{};
  /// Progress is told every so many records.
  std::uint64_t progress_every_records = 1 << 16;
};

/// Runs the whole recording. `progress` gets the number of records read.
ReplayReport replay(RecordSource& recording, StepFunction& engine, const ReplayOptions& options,
                    FunctionRef<void(std::uint64_t)> progress);
ReplayReport replay(RecordSource& recording, StepFunction& engine, const ReplayOptions& options = {});

/// For a terminal: the verdict first, then what differs and where.
std::string report_text(const ReplayReport& report);
/// For tools; one object, keys in snake_case.
std::string report_json(const ReplayReport& report);

}  // namespace phalarope::replay
