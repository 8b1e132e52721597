#include "core/replay/replayer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "core/engine/base/digest.hpp"
#include "core/engine/session/power_loss.hpp"

namespace phalarope::replay {
namespace {

using FieldMask = std::array<bool, event_fields.size()>;

FieldMask compared_fields(const ReplayOptions& options) {
  FieldMask compared{};
  for (std::size_t i = 0; i < event_fields.size(); ++i) {
    compared[i] = std::ranges::find(options.ignored_fields, event_fields[i].name) == options.ignored_fields.end();
  }
  return compared;
}

class Replayer {
 public:
  Replayer(StepFunction& engine, const ReplayOptions& options)
      : engine_(engine), options_(options), compared_(compared_fields(options)), book_(options.name_pipeline) {}

  /// False when the replay is over before the recording is.
  bool take(const Record& record) {
    count(record);
    const bool begins = book_.take(record);
    switch (record.header.type) {
      case RecordType::pipeline:
        return !begins || begin_run();
      case RecordType::session:
        return !book_.events_seen() || seat(record);
      case RecordType::event:
        return take_event(record);
      case RecordType::loss:
      case RecordType::none:
      case RecordType::symbol:
      case RecordType::text:
      case RecordType::audio:
      case RecordType::baseline:
      case RecordType::checkpoint:
        return true;
    }
    return true;
  }

  ReplayReport finish(const std::vector<Damage>& damage) {
    if (!report_.stopped_early) surplus();
    report_.damage = damage;
    report_.digest_recorded = recorded_.value();
    report_.digest_replayed = replayed_.value();
    report_.verdict = verdict();
    return std::move(report_);
  }

 private:
  void count(const Record& record) {
    gaps_.take(record, report_.gaps);
    ++report_.records;
    position_ = record.position;
    record_ = record.header.sequence;
  }

  /// The program was started again. A run that was closed properly owes nothing.
  bool begin_run() {
    surplus();
    started_ = false;
    return !report_.stopped_early;
  }

  bool start() {
    if (started_) return true;
    started_ = !book_.pipelines().empty() &&
               engine_.start({.pipelines = book_.pipelines(), .sessions = book_.first_sessions()});
    not_startable_ = !started_;
    if (started_) ++report_.runs;
    return started_;
  }

  /// A session that came while others talked.
  bool seat(const Record& record) {
    surplus();
    if (report_.stopped_early || !start()) return false;
    not_startable_ = !engine_.seat(record.body);
    return !not_startable_;
  }

  /// The run before was cut off here: what its last step gave may never have reached the disk.
  bool close_after_cut(const Event& found) {
    report_.outputs_cut_off += expected_.size();
    if (options_.on_cut_off) std::ranges::for_each(expected_, options_.on_cut_off);
    expected_.clear();
    ++report_.inputs;
    for (const Event& output : close_after_power_loss(found)) expect(output);
    return true;
  }

  void expect(Event output) {
    output.set(EventFlag::output);
    ++report_.outputs_replayed;
    replayed_.add(output);
    if (options_.on_output) options_.on_output(output);
    expected_.push_back(output);
  }

  bool take_event(const Record& record) {
    if (record.body.size() != event_bytes) {
      // A body of another size is not an event of this version: counted as a hole, never guessed at.
      report_.gaps.push_back({.first_missing = record.header.sequence, .count = 1});
      return true;
    }
    Event event{};
    std::memcpy(&event, record.body.data(), event_bytes);
    ++report_.events;
    if (event.has(EventFlag::output)) return compare(event);
    return event.kind == EventKind::power_loss_found ? close_after_cut(event) : step(event);
  }

  bool step(const Event& input) {
    if (!start()) return false;
    surplus();
    if (report_.stopped_early) return false;
    ++report_.inputs;
    for (const Event& output : engine_.step(input)) expect(output);
    return true;
  }

  bool compare(const Event& recorded) {
    ++report_.outputs_recorded;
    recorded_.add(recorded);
    // Outputs before the first input belong to inputs that this recording no longer has.
    if (!started_ && expected_.empty()) {
      if (report_.outputs_recorded == 1) report_.gaps.push_back({});
      return true;
    }
    if (expected_.empty()) {
      ++report_.outputs_different;
      return add({.kind = DifferenceKind::output_missing,
                  .position = position_,
                  .record = record_,
                  .runtime_sequence = recorded.runtime_sequence,
                  .event = recorded.kind,
                  .session = session_of(recorded),
                  .node = node_of(recorded),
                  .edge = edge_of(recorded),
                  .field = {},
                  .recorded = std::string(kind_text(recorded.kind)),
                  .replayed = "nothing"});
    }
    const Event replayed = expected_.front();
    expected_.pop_front();
    return recorded == replayed || name_fields(recorded, replayed);
  }

  bool name_fields(const Event& recorded, const Event& replayed) {
    bool differs = false;
    for (std::size_t i = 0; i < event_fields.size(); ++i) {
      const EventField& field = event_fields[i];
      if (!compared_[i] || field_number(recorded, field) == field_number(replayed, field)) continue;
      report_.outputs_different += !differs;
      differs = true;
      if (!add({.kind = DifferenceKind::field,
                .position = position_,
                .record = record_,
                .runtime_sequence = recorded.runtime_sequence,
                .event = recorded.kind,
                .session = session_of(recorded),
                .node = node_of(recorded),
                .edge = edge_of(recorded),
                .field = field.name,
                .recorded = value_text(recorded, field),
                .replayed = value_text(replayed, field)})) {
        return false;
      }
    }
    return true;
  }

  /// Empty where there is only one to mean.
  std::string session_of(const Event& event) const {
    const SessionStart* session = book_.seats() > 1 ? book_.session_at(event.session_slot) : nullptr;
    return session == nullptr ? "" : std::string(session->session_id_text());
  }
  std::string node_of(const Event& event) const {
    return event.node == no_node.value ? "" : book_.names_at(event.session_slot).node_id(event.node);
  }
  std::string edge_of(const Event& event) const {
    return event.edge == no_edge.value ? "" : book_.names_at(event.session_slot).edge_id(event.edge);
  }
  std::string value_text(const Event& event, const EventField& field) const {
    if (field.name == "node" && event.node != no_node.value) return node_of(event);
    if (field.name == "edge" && event.edge != no_edge.value) return edge_of(event);
    return field_text(event, field);
  }

  /// What step gave and the recording does not have.
  void surplus() {
    while (!expected_.empty() && !report_.stopped_early) {
      const Event replayed = expected_.front();
      expected_.pop_front();
      ++report_.outputs_different;
      add({.kind = DifferenceKind::output_unexpected,
           .position = position_,
           .record = record_,
           .runtime_sequence = replayed.runtime_sequence,
           .event = replayed.kind,
           .session = session_of(replayed),
           .node = node_of(replayed),
           .edge = edge_of(replayed),
           .field = {},
           .recorded = "nothing",
           .replayed = std::string(kind_text(replayed.kind))});
    }
  }

  bool add(Difference difference) {
    report_.differences.push_back(std::move(difference));
    report_.stopped_early = report_.differences.size() >= std::max<std::size_t>(1, options_.differences_max);
    return !report_.stopped_early;
  }

  ReplayVerdict verdict() const {
    if (not_startable_) return ReplayVerdict::not_startable;
    if (!report_.differences.empty()) return ReplayVerdict::different;
    const bool events_may_be_lost = std::ranges::any_of(report_.gaps, &RecordGap::may_hold_events);
    if (events_may_be_lost || !report_.damage.empty()) return ReplayVerdict::not_trusted;
    return report_.inputs == 0 ? ReplayVerdict::empty : ReplayVerdict::identical;
  }

  StepFunction& engine_;
  const ReplayOptions& options_;
  FieldMask compared_;
  ReplayReport report_;
  RunningDigest recorded_;
  RunningDigest replayed_;
  SessionBook book_;
  std::deque<Event> expected_;
  GapWatch gaps_;
  RecordPosition position_;
  std::uint64_t record_ = 0;
  bool started_ = false;
  bool not_startable_ = false;
};

}  // namespace

std::string_view name_of(ReplayVerdict verdict) {
  switch (verdict) {
    case ReplayVerdict::identical:
      return "identical";
    case ReplayVerdict::different:
      return "different";
    case ReplayVerdict::not_trusted:
      return "not_trusted";
    case ReplayVerdict::not_startable:
      return "not_startable";
    case ReplayVerdict::empty:
      return "empty";
  }
  return "";
}

std::optional<std::uint64_t> ReplayReport::events_per_second() const {
  if (!elapsed_ns || *elapsed_ns <= 0) return std::nullopt;
  return events * static_cast<std::uint64_t>(ns_per_second) / static_cast<std::uint64_t>(*elapsed_ns);
}

ReplayReport replay(RecordSource& recording, StepFunction& engine, const ReplayOptions& options,
                    FunctionRef<void(std::uint64_t)> progress) {
  Replayer replayer(engine, options);
  std::uint64_t records = 0;
  while (const auto record = recording.next()) {
    if (!replayer.take(*record)) break;
    if (++records % std::max<std::uint64_t>(1, options.progress_every_records) == 0) progress(records);
  }
  return replayer.finish(recording.damage());
}

ReplayReport replay(RecordSource& recording, StepFunction& engine, const ReplayOptions& options) {
  auto silent = [](std::uint64_t) {};
  return replay(recording, engine, options, silent);
}

}  // namespace phalarope::replay
