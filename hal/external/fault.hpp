// What can go wrong with a node in a process of its own, as one table: the stable id, the outcome class that
// arbitration sees, whether the process is replaced, and a sentence for people.
//
// Outcome classes equal those of a provider call (runtime.md 6.5), so that neither arbitration nor replay depends on
// where a node ran. In evidence a fault is `node_failed` with argument_a = code. Pure.
// Contract: runtime.md 11.1, 11.2, 6.5; decisions.md D18.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace phalarope::hal {

enum class OutcomeClass : std::uint8_t { success, timeout, overload, blocked, infrastructure_failure, cancelled };

enum class ExternalFault : std::uint8_t {
  none,
  start_failed,
  restarts_exhausted,
  process_ended,
  channel_closed,
  hook_timeout,
  execution_timeout,
  cancel_ignored,
  resource_limit,
  node_error,
  ring_corrupt,
  record_unknown,
  payload_too_long,
  command_mismatch,
  kind_not_allowed,
  identity_mismatch,
  argument_out_of_range,
  payload_invalid,
  axis_broken,
  credit_exceeded,
  results_flooded,
  not_delivered,
  turn_lost,
};
constexpr std::size_t external_fault_count = 23;

enum class Remedy : std::uint8_t { keep, replace };

struct ExternalFaultRow {
  ExternalFault fault;
  std::string_view id;
  OutcomeClass outcome;
  Remedy remedy;  // replace: the process is killed with its group and started again
  std::string_view sentence;
};

namespace external_faults {
using F = ExternalFault;
using O = OutcomeClass;
using enum Remedy;
// clang-format off
constexpr std::array<ExternalFaultRow, external_fault_count> rows{{
    {F::none,                  "",                                  O::success,                keep,
     ""},
    {F::start_failed,          "external_start_failed",             O::infrastructure_failure, replace,
     "The node's program could not be started or its init failed; try it with `phalarope node test`."},
    {F::restarts_exhausted,    "external_restarts_exhausted",       O::blocked,                keep,
     "The node failed too often in a short time and rests; its program needs a look."},
    {F::process_ended,         "external_process_ended",            O::infrastructure_failure, replace,
     "The node's process ended or crashed in the middle of its work."},
    {F::channel_closed,        "external_channel_closed",           O::infrastructure_failure, replace,
     "The node closed the socket that it was given."},
    {F::hook_timeout,          "node_hook_timeout",                 O::timeout,                replace,
     "A hook of the node overran its time and was abandoned."},
    {F::execution_timeout,     "external_execution_timeout",        O::timeout,                replace,
     "The node made no progress within its time-out."},
    {F::cancel_ignored,        "external_cancel_ignored",           O::cancelled,              replace,
     "The node did not come back from a cancelled command within the grace."},
    {F::resource_limit,        "external_resource_limit",           O::blocked,                replace,
     "The node asks for, or takes, more processor or memory than it may."},
    {F::node_error,            "external_node_error",               O::infrastructure_failure, keep,
     "The node says that it could not do its work."},
    {F::ring_corrupt,          "external_ring_corrupt",             O::infrastructure_failure, replace,
     "The node wrote a slot number that cannot be."},
    {F::record_unknown,        "external_record_unknown",           O::infrastructure_failure, replace,
     "The node wrote a record that does not exist, or not at this time."},
    {F::payload_too_long,      "external_payload_too_long",         O::infrastructure_failure, replace,
     "The node says that a payload is longer than its slot."},
    {F::command_mismatch,      "external_command_mismatch",         O::infrastructure_failure, replace,
     "The node answers a command that is not in its hand."},
    {F::kind_not_allowed,      "external_kind_not_allowed",         O::infrastructure_failure, replace,
     "The node gave a result that its type does not give."},
    {F::identity_mismatch,     "external_identity_mismatch",        O::infrastructure_failure, replace,
     "The node gave a result with another ticket, turn, session or node id than its command's."},
    {F::argument_out_of_range, "external_argument_out_of_range",    O::infrastructure_failure, replace,
     "The node gave a result with a number outside its range."},
    {F::payload_invalid,       "external_payload_invalid",          O::infrastructure_failure, replace,
     "The node gave text that is not UTF-8, or a frame that is not 320 samples."},
    {F::axis_broken,           "external_axis_broken",              O::infrastructure_failure, replace,
     "The node's audio does not go on where its last frame ended."},
    {F::credit_exceeded,       "external_credit_exceeded",          O::infrastructure_failure, replace,
     "The node sent more frames than it was granted."},
    {F::results_flooded,       "external_results_flooded",          O::overload,               replace,
     "The node gave more results to one command than anyone needs."},
    {F::not_delivered,         "external_not_delivered",            O::overload,               replace,
     "The engine took no result for a while; the call is given up."},
    {F::turn_lost,             "external_turn_lost",                O::infrastructure_failure, keep,
     "The process that began this turn's work was replaced; the new one knows nothing of it."},
}};
// clang-format on
consteval bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].fault) != i) return false;
  }
  return true;
}
static_assert(in_order(), "one row per fault, in order");
}  // namespace external_faults

constexpr const ExternalFaultRow& describe(ExternalFault fault) noexcept {
  return external_faults::rows[static_cast<std::size_t>(fault)];
}

/// node_failed.argument_a; 1 and 2 are the host's own (a stuck worker, a pool without room).
constexpr std::int64_t external_fault_code_first = 16;
constexpr std::int64_t code_of(ExternalFault fault) noexcept {
  return external_fault_code_first + static_cast<std::int64_t>(fault);
}

}  // namespace phalarope::hal
