#include "hal/transport/border_feed.hpp"

namespace phalarope::hal {
namespace {

/// Inputs of a step that nobody else says: the lanes' words and the host's markers. What the line does is said again by
/// the session, and a device's fact is no word of the board.
bool is_a_word_of_the_board(EventKind kind) noexcept {
  if (!is_contract_signal(kind)) return false;
  const SourceMask sources = sources_of(kind);
  return sources == mask_of(EventSource::engine) || sources == mask_of(EventSource::host);
}

Event notice_of(const Event& missed) noexcept {
  Event notice{};
  notice.kind = EventKind::drop_notice;
  notice.emitter = Emitter::edge_buffer;
  notice.reason = Reason::queue_pressure_drop;
  notice.runtime_sequence = missed.runtime_sequence;
  notice.mono_ns = missed.mono_ns;
  notice.wall_ns = missed.wall_ns;
  notice.session_slot = missed.session_slot;
  notice.authority_epoch = missed.authority_epoch;
  notice.lane = Lane::control;
  notice.target_lane = Lane::control;
  notice.scope = Scope::session;
  notice.range_start = static_cast<std::int64_t>(missed.runtime_sequence);
  notice.range_end = notice.range_start;
  notice.set(EventFlag::has_range);
  notice.set(EventFlag::output);
  return notice;
}

}  // namespace

void BorderFeed::seen(const Event& input, std::span<const Event> outputs) noexcept {
  if (is_a_word_of_the_board(input.kind)) put(input);
  for (const Event& output : outputs) {
    if (is_contract_signal(output.kind)) put(output);
  }
}

void BorderFeed::put(const Event& signal) noexcept {
  if (gap_ && ring_.try_push(*gap_)) gap_.reset();
  if (!gap_ && ring_.try_push(signal)) return;
  dropped_.fetch_add(1, std::memory_order_relaxed);
  if (!gap_) gap_ = notice_of(signal);
  gap_->range_end = static_cast<std::int64_t>(signal.runtime_sequence);
}

}  // namespace phalarope::hal
