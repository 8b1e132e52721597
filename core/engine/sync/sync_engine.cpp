// Sync engine: pure decisions over drops on synchronised edges. See sync_engine.hpp.
#include "core/engine/sync/sync_engine.hpp"

#include "core/engine/base/enforce.hpp"
#include "core/engine/lanes/lane.hpp"

namespace phalarope {
namespace {

Result<void, SyncError> check(const SyncSubject& subject, const Event& cause) noexcept {
  if (subject.session.value == 0) return refuse(SyncError::session_missing);
  if (subject.pipeline_version.value == 0) return refuse(SyncError::pipeline_version_missing);
  if (cause.runtime_sequence == 0) return refuse(SyncError::event_id_missing);
  if (subject.edge == no_edge) return refuse(SyncError::edge_missing);
  if (!valid(subject.target_lane)) return refuse(SyncError::target_lane_unknown);
  return {};
}

Result<void, SyncError> check_domain(const SyncSubject& subject) noexcept {
  if (subject.sync_domain.value == 0) return refuse(SyncError::domain_missing);
  if (subject.discontinuity_id.value == 0) return refuse(SyncError::discontinuity_id_missing);
  return {};
}

PressureSignal drop_notice(const SyncSubject& subject, Reason reason, const DropRange& range,
                           const Event& cause) noexcept {
  PressureSignal notice =
      pressure_signal(cause, EventKind::drop_notice, Emitter::edge_buffer, reason, subject.target_lane, IdSuffix::drop);
  notice.event.edge = subject.edge.value;
  set_range(notice, range.start, range.end);
  return notice;
}

PressureSignal discontinuity(const SyncSubject& subject, IdSuffix suffix, const Event& cause) noexcept {
  PressureSignal marker = pressure_signal(cause, EventKind::discontinuity, Emitter::sync_integrity,
                                          Reason::sync_domain_partial_loss, subject.target_lane, suffix);
  marker.event.edge = subject.edge.value;
  marker.event.argument_a = subject.sync_domain.value;
  marker.event.sync_or_merge_group = subject.discontinuity_id.value;
  return marker;
}

void say(SyncSignals& signals, const PressureSignal& signal) noexcept {
  PHAL_ENFORCE(signals.push_back(signal), "the sync engine says at most two signals");
}

}  // namespace

const char* describe(SyncError error) noexcept {
  switch (error) {
    case SyncError::session_missing:
      return "session_missing: the sync engine speaks for a session";
    case SyncError::pipeline_version_missing:
      return "pipeline_version_missing: the sync engine needs the pipeline version";
    case SyncError::event_id_missing:
      return "event_id_missing: the sync engine answers an event";
    case SyncError::edge_missing:
      return "edge_missing: the sync engine speaks of one edge";
    case SyncError::target_lane_unknown:
      return "target_lane_unknown: the lane is not control, data or telemetry";
    case SyncError::range_invalid:
      return "range_invalid: a drop range needs 0 <= start <= end";
    case SyncError::domain_missing:
      return "domain_missing: a discontinuity needs its sync domain";
    case SyncError::discontinuity_id_missing:
      return "discontinuity_id_missing: a discontinuity needs its id";
    case SyncError::policy_not_synchronised:
      return "policy_not_synchronised: this edge has no sync policy; use an ordinary drop";
  }
  return "";
}

Result<SyncSignals, SyncError> decide_sync_drop(SyncPolicy policy, const SyncSubject& subject, const DropRange& range,
                                                const Event& cause) noexcept {
  if (const auto checked = check(subject, cause); !checked) return refuse(checked.error());
  if (!valid(range)) return refuse(SyncError::range_invalid);
  SyncSignals signals;
  switch (policy) {
    case SyncPolicy::atomic_drop:
      say(signals, drop_notice(subject, Reason::sync_atomic_drop, range, cause));
      return signals;
    case SyncPolicy::drop_with_discontinuity:
      if (const auto checked = check_domain(subject); !checked) return refuse(checked.error());
      say(signals, drop_notice(subject, Reason::sync_drop_with_discontinuity, range, cause));
      say(signals, discontinuity(subject, IdSuffix::discontinuity, cause));
      return signals;
    case SyncPolicy::none:
    case SyncPolicy::no_sync:
      break;
  }
  return refuse(SyncError::policy_not_synchronised);
}

Result<PressureSignal, SyncError> report_sync_loss(SyncLoss loss, const SyncSubject& subject, const DropRange& range,
                                                   const Event& cause) noexcept {
  if (const auto checked = check(subject, cause); !checked) return refuse(checked.error());
  switch (loss) {
    case SyncLoss::discontinuity:
      if (const auto checked = check_domain(subject); !checked) return refuse(checked.error());
      return discontinuity(subject, IdSuffix::none, cause);
    case SyncLoss::atomic_drop:
      if (!valid(range)) return refuse(SyncError::range_invalid);
      return drop_notice(subject, Reason::sync_atomic_drop, range, cause);
  }
  return refuse(SyncError::policy_not_synchronised);
}

std::uint64_t sync_group_of(const Event& item, SyncGroupBy group_by) noexcept {
  switch (group_by) {
    case SyncGroupBy::none:
    case SyncGroupBy::sync_id:
    case SyncGroupBy::custom:
      return item.sync_or_merge_group;
    case SyncGroupBy::event_id:
      return item.runtime_sequence;
  }
  return 0;
}

std::size_t drop_group(std::span<const Event> queued, const Event& dropped, SyncGroupBy group_by,
                       FunctionRef<void(std::size_t index)> drop) noexcept {
  const std::uint64_t group = sync_group_of(dropped, group_by);
  if (group == 0) return 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < queued.size(); ++i) {
    if (sync_group_of(queued[i], group_by) != group) continue;
    drop(i);
    ++count;
  }
  return count;
}

void repeat_on_domain(const PressureSignal& marker, std::span<const EdgeIndex> edges,
                      FunctionRef<void(const PressureSignal&)> say) noexcept {
  for (const EdgeIndex edge : edges) {
    if (edge.value == marker.event.edge) continue;
    PressureSignal repeated = marker;
    repeated.event.edge = edge.value;
    say(repeated);
  }
}

}  // namespace phalarope
