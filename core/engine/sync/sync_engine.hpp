// Sync engine: what a drop on a synchronised edge takes with it, and what is said of it.
//
//     policy                    said, in order
//     atomic_drop               drop_notice(sync_atomic_drop)
//     drop_with_discontinuity   drop_notice(sync_drop_with_discontinuity), discontinuity(sync_domain_partial_loss)
//     none, no_sync             refused: such an edge uses ordinary drops
//
// A discontinuity is a control signal, so it overtakes queued data: downstream resets its decoders and presentation of
// that domain before it meets the hole. In the Event, `sync_or_merge_group` carries the discontinuity id and
// `argument_a` the sync domain.
//
// Invariants. (1) A group is dropped whole or not at all (drop_group). (2) The notice's range is exactly the given one.
// (3) Refused: nothing is said. (4) Same inputs, same signals.
// Pure. Owner: engine thread. Not here: which item is dropped (graph). Contract: runtime.md 8.3; I5, I8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/function_ref.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/lanes/drop_range.hpp"
#include "core/engine/lanes/pressure_signal.hpp"
#include "core/engine/sync/sync_policy.hpp"

namespace phalarope {

enum class SyncError : std::uint8_t {
  session_missing,
  pipeline_version_missing,
  event_id_missing,
  edge_missing,
  target_lane_unknown,
  range_invalid,
  domain_missing,
  discontinuity_id_missing,
  policy_not_synchronised
};
const char* describe(SyncError error) noexcept;

/// What the signals are about.
struct SyncSubject {
  SymbolId session{};           // 0 is "not set" and refused
  SymbolId pipeline_version{};  // 0 is "not set" and refused
  EdgeIndex edge = no_edge;
  Lane target_lane = Lane::data;
  SymbolId sync_domain{};
  SymbolId discontinuity_id{};
};

constexpr std::size_t sync_signals_max = 2;
using SyncSignals = FixedVector<PressureSignal, sync_signals_max>;

/// The signals for dropping `range` under `policy`, answering `cause`.
Result<SyncSignals, SyncError> decide_sync_drop(SyncPolicy policy, const SyncSubject& subject, const DropRange& range,
                                                const Event& cause) noexcept;

/// A loss that is reported without a policy.
enum class SyncLoss : std::uint8_t { discontinuity, atomic_drop };
/// The one signal of a bare report. Its event id is the cause's own for a discontinuity, `-drop` for a notice.
Result<PressureSignal, SyncError> report_sync_loss(SyncLoss loss, const SyncSubject& subject, const DropRange& range,
                                                   const Event& cause) noexcept;

/// The group an item belongs to under `group_by`; 0 is "no group". `custom` is the group the item was given at ingress,
/// which stands in the same place as its sync id.
std::uint64_t sync_group_of(const Event& item, SyncGroupBy group_by) noexcept;

/// Atomic drop: calls `drop` for each queued item of `dropped`'s group, oldest first; answers how many. An item without
/// a group falls alone (0: nobody else).
std::size_t drop_group(std::span<const Event> queued, const Event& dropped, SyncGroupBy group_by,
                       FunctionRef<void(std::size_t index)> drop) noexcept;

/// `plan_wide` scope: the same marker on every other edge of the domain, in the order of `edges`.
void repeat_on_domain(const PressureSignal& marker, std::span<const EdgeIndex> edges,
                      FunctionRef<void(const PressureSignal&)> say) noexcept;

}  // namespace phalarope
