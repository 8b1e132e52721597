// The life of a hosted node as one table: which call is legal in which state, which hook it runs, where it leads.
//
//   absent ──register──▶ ready ──start──▶ started ──stop──▶ stopped (no exit)
//      └── init fails ──▶ init_failed      │ ▲
//                                          └─┘ dispatch, cancel
//
// Invariants. (1) Every state x call has exactly one row. (2) Each hook runs once per step, in the order init, start,
// handle*, cancel*, stop. (3) A failed init leaves the id occupied and unusable; a failed start or stop leaves the
// state as it was, so that it can be tried again. (4) Nothing leads out of init_failed or stopped.
// Pure; the host's pool drives it on its control thread. Contract: runtime.md 11.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"

namespace phalarope {

enum class NodeHostState : std::uint8_t { absent, init_failed, ready, started, stopped };
enum class NodeCall : std::uint8_t { register_node, start, dispatch, cancel, stop };
enum class NodeHook : std::uint8_t { none, init, start, handle, cancel, stop };
constexpr std::size_t node_host_state_count = 5;
constexpr std::size_t node_call_count = 5;

enum class NodeRefusal : std::uint8_t {
  none,
  node_already_registered,
  node_invalid,
  node_not_registered,
  node_not_initialized,
  node_not_started,
  node_stopped,
  node_hook_timeout
};
struct NodeRefusalRow {
  NodeRefusal refusal;
  std::string_view id;
  std::string_view sentence;
};
constexpr std::array<NodeRefusalRow, 8> node_refusal_rows{{
    {NodeRefusal::none, "", ""},
    {NodeRefusal::node_already_registered, "node_already_registered", "A node with this id is registered already."},
    {NodeRefusal::node_invalid, "node_invalid", "The id is blank or the factory gave no node."},
    {NodeRefusal::node_not_registered, "node_not_registered", "No node with this id was registered."},
    {NodeRefusal::node_not_initialized, "node_not_initialized", "The node's init failed; it cannot be used."},
    {NodeRefusal::node_not_started, "node_not_started", "The node has not been started."},
    {NodeRefusal::node_stopped, "node_stopped", "The node was stopped; register a new one."},
    {NodeRefusal::node_hook_timeout, "node_hook_timeout", "A hook of the node overran its time and was abandoned."},
}};
constexpr const NodeRefusalRow& describe(NodeRefusal refusal) noexcept {
  return node_refusal_rows[static_cast<std::size_t>(refusal)];
}

/// One answer: run `hook`, then stand in `on_success` or `on_failure`; or refuse by name. No hook and no refusal is a
/// success that does nothing.
struct NodeRow {
  NodeHostState from;
  NodeCall call;
  NodeHook hook;
  NodeHostState on_success;
  NodeHostState on_failure;
  NodeRefusal refusal;
};

namespace node_rows {
using enum NodeHostState;
using C = NodeCall;
using H = NodeHook;
using R = NodeRefusal;
// runtime.md 11.1; the answers for `init_failed` beyond start, and stop of an absent node, follow the same reading.
// clang-format off
constexpr std::array<NodeRow, node_host_state_count * node_call_count> table{{
    // from         call              hook       success      failure      refusal
    {absent,      C::register_node, H::init,   ready,       init_failed, R::none},
    {absent,      C::start,         H::none,   absent,      absent,      R::node_not_registered},
    {absent,      C::dispatch,      H::none,   absent,      absent,      R::node_not_registered},
    {absent,      C::cancel,        H::none,   absent,      absent,      R::node_not_registered},
    {absent,      C::stop,          H::none,   absent,      absent,      R::node_not_registered},
    {init_failed, C::register_node, H::none,   init_failed, init_failed, R::node_already_registered},
    {init_failed, C::start,         H::none,   init_failed, init_failed, R::node_not_initialized},
    {init_failed, C::dispatch,      H::none,   init_failed, init_failed, R::node_not_started},
    {init_failed, C::cancel,        H::none,   init_failed, init_failed, R::node_not_started},
    {init_failed, C::stop,          H::none,   init_failed, init_failed, R::node_not_started},
    {ready,       C::register_node, H::none,   ready,       ready,       R::node_already_registered},
    {ready,       C::start,         H::start,  started,     ready,       R::none},
    {ready,       C::dispatch,      H::none,   ready,       ready,       R::node_not_started},
    {ready,       C::cancel,        H::none,   ready,       ready,       R::node_not_started},
    {ready,       C::stop,          H::none,   ready,       ready,       R::node_not_started},
    {started,     C::register_node, H::none,   started,     started,     R::node_already_registered},
    {started,     C::start,         H::none,   started,     started,     R::none},
    {started,     C::dispatch,      H::handle, started,     started,     R::none},
    {started,     C::cancel,        H::cancel, started,     started,     R::none},
    {started,     C::stop,          H::stop,   stopped,     started,     R::none},
    {stopped,     C::register_node, H::none,   stopped,     stopped,     R::node_already_registered},
    {stopped,     C::start,         H::none,   stopped,     stopped,     R::node_stopped},
    {stopped,     C::dispatch,      H::none,   stopped,     stopped,     R::node_stopped},
    {stopped,     C::cancel,        H::none,   stopped,     stopped,     R::node_stopped},
    {stopped,     C::stop,          H::none,   stopped,     stopped,     R::none},
}};
// clang-format on

consteval bool complete() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].from) != i / node_call_count) return false;
    if (static_cast<std::size_t>(table[i].call) != i % node_call_count) return false;
  }
  return true;
}
consteval bool refusing_changes_nothing() {
  for (const NodeRow& row : table) {
    if (row.hook == NodeHook::none && (row.on_success != row.from || row.on_failure != row.from)) return false;
    if (row.refusal != NodeRefusal::none && row.hook != NodeHook::none) return false;
  }
  return true;
}
consteval bool dead_ends_have_no_exit() {
  for (const NodeRow& row : table) {
    const bool dead = row.from == init_failed || row.from == stopped;
    if (dead && row.on_success != row.from) return false;
  }
  return true;
}
static_assert(complete(), "one row per state and call, in order");
static_assert(refusing_changes_nothing(), "a refusal or a no-op mutates nothing");
static_assert(dead_ends_have_no_exit(), "init_failed and stopped have no exit");
}  // namespace node_rows

constexpr const NodeRow& node_row(NodeHostState state, NodeCall call) noexcept {
  return node_rows::table[static_cast<std::size_t>(state) * node_call_count + static_cast<std::size_t>(call)];
}

/// What the caller must do now: run this hook (none: nothing), and then ask `settle` where the node stands.
constexpr Result<NodeHook, NodeRefusal> admit_call(NodeHostState state, NodeCall call) noexcept {
  const NodeRow& row = node_row(state, call);
  if (row.refusal != NodeRefusal::none) return refuse(row.refusal);
  return row.hook;
}
constexpr NodeHostState settle(NodeHostState state, NodeCall call, bool hook_succeeded) noexcept {
  const NodeRow& row = node_row(state, call);
  return hook_succeeded ? row.on_success : row.on_failure;
}

constexpr Duration node_hook_timeout_default = milliseconds(250);
/// The time a hook may take; a value that is not positive means the default.
constexpr Duration hook_timeout(Duration configured) noexcept {
  return configured > Duration{0} ? configured : node_hook_timeout_default;
}

}  // namespace phalarope
