// The loop of the live part: what happens when, and in which order.
#include "core/replay/fork_live.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/command_kinds.hpp"
#include "core/engine/lanes/event_source.hpp"

namespace phalarope::replay {
namespace {

/// As the runner of files (hal/host/virtual_runner.hpp): quiet for this long, and the conversation is over; and this
/// long it may go on behind its recorded end.
constexpr std::int64_t settle_wait_ns = milliseconds(300).value;
constexpr std::int64_t finish_wait_ns = milliseconds(60'000).value;

/// What only the engine's own doings can cause: none of it is taken from the record any more.
bool follows_from_outputs(EventKind kind) {
  if (is_a_result(kind)) return true;
  switch (kind) {
    case EventKind::tick:
    case EventKind::playback_started:
    case EventKind::playback_position:
    case EventKind::playback_completed:
    case EventKind::fence_applied:
    case EventKind::duck_applied:
    case EventKind::resume_applied:
    case EventKind::watermark:
    case EventKind::flow_xoff:
    case EventKind::flow_xon:
    case EventKind::drop_notice:
    case EventKind::shed:
    case EventKind::reject:
      return true;
    default:
      return false;  // the user, the line, the host: they go on as recorded
  }
}

}  // namespace

// ---- time ------------------------------------------------------------------------------------------------

std::int64_t ForkLive::on_grid(std::int64_t at_ns) const {
  const std::int64_t since = at_ns - axis_ns_;
  const std::int64_t into = ((since % period_ns_) + period_ns_) % period_ns_;
  return into == 0 ? at_ns : at_ns + period_ns_ - into;
}

bool ForkLive::busy() const { return engine_.turn_active(settings_.point.slot) || user_speaks_ || !later_.empty(); }

bool ForkLive::stays(const TapeItem& item) const {
  if (item.event.session_slot != settings_.point.slot) return true;
  return !follows_from_outputs(item.event.kind);
}

/// Goes over what is not taken any more; when the next item that is taken happens.
std::optional<std::int64_t> ForkLive::next_tape_at() {
  for (; next_item_ < tape_.items.size(); ++next_item_) {
    const TapeItem& item = tape_.items[next_item_];
    if (item.kind == TapeItem::Kind::seat) return now_ns_;
    if (item.kind == TapeItem::Kind::input && item.event.kind == EventKind::power_loss_found) {
      next_item_ = tape_.items.size();
      break;
    }
    if (item.kind == TapeItem::Kind::input && stays(item)) {
      const bool last_word =
          item.event.kind == EventKind::shutdown_requested && item.event.session_slot == settings_.point.slot;
      if (!last_word) return std::max(now_ns_, item.event.mono_ns);
      // The recorded end waits until this future has come to its own.
      if (!busy()) return std::max({now_ns_, item.event.mono_ns, last_busy_ns_ + settle_wait_ns});
      if (now_ns_ - item.event.mono_ns >= finish_wait_ns) return now_ns_;
      return std::nullopt;
    }
    sink_.on_item(next_item_);
  }
  return std::nullopt;
}

std::optional<std::int64_t> ForkLive::next_tick_at() const {
  const auto deadline = engine_.deadline_of(settings_.point.slot);
  if (!deadline || deadline->value <= now_ns_) return std::nullopt;  // served, or not to be served
  return on_grid_ ? on_grid(deadline->value) : deadline->value;
}

std::optional<std::int64_t> ForkLive::next_at() {
  std::optional<std::int64_t> next = next_tape_at();
  const auto consider = [&next](std::int64_t at_ns) { next = std::min(next.value_or(at_ns), at_ns); };
  const bool at_the_end = next_item_ >= tape_.items.size();
  if (at_the_end && !busy()) return std::nullopt;
  if (at_the_end && now_ns_ - tape_.items.back().event.mono_ns >= finish_wait_ns) return std::nullopt;
  if (!later_.empty()) consider(std::max(now_ns_, later_.begin()->first));
  if (const auto tick = next_tick_at()) consider(*tick);
  if (!world_.speaker_idle()) consider(last_period_ns_ + period_ns_);
  return next;
}

void ForkLive::run(std::size_t item, std::span<const Event> outputs) {
  static_cast<void>(item);
  for (const Event& output : outputs) hand_out(output);
  settle();
  while (outcome_.stopped.empty()) {
    const auto next = next_at();
    if (!next) break;
    happen(*next);
  }
}

void ForkLive::happen(std::int64_t at_ns) {
  now_ns_ = at_ns;
  if (!world_.speaker_idle() && last_period_ns_ + period_ns_ <= at_ns) {
    last_period_ns_ += period_ns_;
    std::vector<Event> told;
    run_period(last_period_ns_, told);
    for (Event& event : told) {
      event.session_slot = settings_.point.slot;
      enqueue({event, {}}, false);
    }
  } else if (world_.speaker_idle()) {
    last_period_ns_ = on_grid(at_ns) == at_ns ? at_ns : on_grid(at_ns) - period_ns_;
  }
  take_tape_items();
  while (!later_.empty() && later_.begin()->first <= now_ns_) {
    enqueue(std::move(later_.begin()->second), false);
    later_.erase(later_.begin());
  }
  settle();
}

void ForkLive::take_tape_items() {
  for (auto at_ns = next_tape_at(); at_ns && *at_ns <= now_ns_; at_ns = next_tape_at()) {
    const TapeItem& item = tape_.items[next_item_];
    // A seat is taken between two steps, behind everything that came before it.
    if (item.kind == TapeItem::Kind::seat && !(control_.empty() && data_.empty())) return;
    sink_.on_item(next_item_++);
    if (item.kind == TapeItem::Kind::seat) {
      const auto& record = tape_.seats[item.extra];
      if (!engine_.seat(record)) return stop("another session does not get the seat that it had");
      sink_.on_seat(record);
      continue;
    }
    Event event = item.event;
    const bool ours = event.session_slot == settings_.point.slot;
    if (ours && event.kind == EventKind::shutdown_requested && event.mono_ns < now_ns_) {
      event.mono_ns = now_ns_;
      event.wall_ns = wall_of(now_ns_);
    }
    if (ours && event.kind == EventKind::speech_started) user_speaks_ = true;
    if (ours && event.kind == EventKind::speech_ended) user_speaks_ = false;
    enqueue({event, {std::string(tape_.text_of(item)), {}}}, !ours);
  }
}

/// The lane says which comes first; what belongs to another session keeps the order that it had.
void ForkLive::enqueue(Due due, bool in_order) {
  (in_order || due.event.lane == Lane::control ? control_ : data_).push_back(std::move(due));
}

void ForkLive::settle() {
  std::int64_t served_ns = -1;
  while (outcome_.stopped.empty()) {
    if (auto& first = !control_.empty() ? control_ : data_; !first.empty()) {
      const Due due = std::move(first.front());
      first.pop_front();
      step(due);
      continue;
    }
    const auto deadline = engine_.deadline_of(settings_.point.slot);
    if (deadline && deadline->value <= now_ns_ && deadline->value != served_ns) {
      served_ns = deadline->value;  // one that a tick does not move is not served again
      step({engine_.tick_for(settings_.point.slot, Instant{now_ns_}, WallTime{wall_of(now_ns_)}), {}});
      continue;
    }
    if (run_nodes() == 0) break;
  }
  if (busy()) last_busy_ns_ = now_ns_;
}

// ---- events ----------------------------------------------------------------------------------------------

void ForkLive::step(const Due& due) {
  ++outcome_.live_steps;
  Event input = due.event;
  const PayloadHandle& handle = input.payload;
  if (handle.present()) payloads_[{handle.pool, handle.slot, handle.generation}] = due.payload;
  const std::span<const Event> given = engine_.step(input);
  std::vector<Event> outputs(given.begin(), given.end());
  for (Event& output : outputs) output.set(EventFlag::output);
  input.runtime_sequence = engine_.sequence() - outputs.size();
  sink_.on_step(input, due.payload.words, outputs);
  for (const Event& output : outputs) {
    if (output.session_slot == settings_.point.slot) hand_out(output);
  }
}

void ForkLive::hand_out(const Event& output) {
  if (output.kind == EventKind::command_fence) return world_.move_fence(output);
  if (wants_the_audio_thread(output.kind)) return world_.play(output, payload_of(output).bytes);
  if (is_for_a_node(output)) return tell_node(output);
  if (output.kind != EventKind::command_release_payload) return;
  payloads_.erase({output.payload.pool, output.payload.slot, output.payload.generation});
}

NodeAnswers ForkLive::answers_of(std::uint8_t node) const {
  return node < settings_.nodes.size() ? settings_.nodes[node] : NodeAnswers::recorded;
}

ForkLive::Payload ForkLive::payload_of(const Event& command) {
  if (!command.payload.present()) return {};
  const auto known = payloads_.find({command.payload.pool, command.payload.slot, command.payload.generation});
  Payload payload = known == payloads_.end() ? Payload{} : known->second;
  if (command.kind == EventKind::command_play_frame && payload.bytes.empty()) return voice_of(command);
  return payload;
}

void ForkLive::stop(std::string why) {
  if (!outcome_.stopped.empty()) return;
  outcome_.stopped = std::move(why);
  if (!outcome_.world_valid_until_ns) outcome_.world_valid_until_ns = now_ns_;
}

}  // namespace phalarope::replay
