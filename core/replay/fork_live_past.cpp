// What the tape leaves behind for the live part: scripts, words in hand, answers on their way, a voice in mid-sentence.
#include <algorithm>

#include "core/engine/command_kinds.hpp"
#include "core/replay/fork_live.hpp"

namespace phalarope::replay {
namespace {

bool is_playback_report(const Event& event) {
  return event.kind == EventKind::playback_started || event.kind == EventKind::playback_position ||
         event.kind == EventKind::duck_applied || event.kind == EventKind::resume_applied;
}

bool is_from_a_device(const Event& event) { return event.emitter == Emitter::device; }

}  // namespace

ForkLive::ForkLive(const Tape& tape, const ForkSettings& settings, LiveStepFunction& engine, ForkWorld& world,
                   const ForkSink& sink, ForkOutcome& outcome)
    : tape_(tape), settings_(settings), engine_(engine), world_(world), sink_(sink), outcome_(outcome) {}

void ForkLive::resume_at(std::size_t item) {
  const Event& here = tape_.items[item].event;
  now_ns_ = here.mono_ns;
  last_busy_ns_ = now_ns_;
  next_item_ = item + 1;
  period_ns_ = settings_.period_frames * ns_per_second / settings_.sample_rate_hz;
  for (std::size_t i = 0; i <= item; ++i) {
    const TapeItem& past = tape_.items[i];
    if (past.kind == TapeItem::Kind::input && past.event.session_slot == settings_.point.slot) {
      if (past.event.kind == EventKind::speech_started) user_speaks_ = true;
      if (past.event.kind == EventKind::speech_ended) user_speaks_ = false;
    }
    if (past.kind == TapeItem::Kind::input && past.event.payload.present() && past.text != 0) {
      const PayloadHandle& handle = past.event.payload;
      payloads_[{handle.pool, handle.slot, handle.generation}] = {std::string(tape_.text_of(past)), {}};
    }
  }
  calibrate();
  write_scripts(item);
  set_up_speaker(item);
}

/// Where the loudspeaker's axis and the grid of periods lie; from what the device itself said.
void ForkLive::calibrate() {
  const Event* report = nullptr;
  const Event* device = nullptr;
  for (const TapeItem& item : tape_.items) {
    if (wall_offset_ns_ == 0 && item.event.wall_ns != 0) wall_offset_ns_ = item.event.wall_ns - item.event.mono_ns;
    if (item.kind != TapeItem::Kind::input || item.event.session_slot != settings_.point.slot) continue;
    if (!is_from_a_device(item.event)) continue;
    if (device == nullptr) device = &item.event;
    on_grid_ = on_grid_ && (item.event.mono_ns - device->mono_ns) % period_ns_ == 0;
    if (report == nullptr && is_playback_report(item.event)) report = &item.event;
  }
  if (report != nullptr) {
    axis_ns_ = report->mono_ns;
    axis_frame_ = report->media_sample;
  } else {
    // Nothing has ever sounded: a device whose axis begins with its clock, with its queue ahead.
    axis_ns_ = device == nullptr ? now_ns_ : device->mono_ns;
    axis_frame_ =
        axis_ns_ * settings_.sample_rate_hz / ns_per_second + (settings_.queued_periods - 1) * settings_.period_frames;
  }
}

/// Each node's commands and answers of the whole tape; what came before `until` has happened, an answer that came
/// later although it was asked for before is still on its way.
void ForkLive::write_scripts(std::size_t until) {
  std::map<std::uint32_t, std::pair<std::uint8_t, std::size_t>> asked;  // command number: node, place in its script
  std::map<Handle, std::string_view> words;
  for (std::size_t i = 0; i < tape_.items.size(); ++i) {
    const TapeItem& item = tape_.items[i];
    const Event& event = item.event;
    if (item.kind == TapeItem::Kind::seat || event.session_slot != settings_.point.slot) continue;
    const Handle handle{event.payload.pool, event.payload.slot, event.payload.generation};
    if (item.kind == TapeItem::Kind::input) {
      if (event.payload.present() && item.text != 0) words[handle] = tape_.text_of(item);
      const auto command = asked.find(event.causal_parent);
      if (event.emitter != Emitter::worker || command == asked.end()) continue;
      auto& [node, place] = command->second;
      ScriptedCommand& scripted = nodes_[node].script.commands()[place];
      const std::int64_t asked_ns = tape_.items[scripted.item].event.mono_ns;
      scripted.answers.push_back({.item = i, .delay_ns = event.mono_ns - asked_ns});
      if (i <= until) {
        nodes_[node].answers = std::max(nodes_[node].answers, event.transport_sequence + 1);
      } else if (scripted.item < until) {
        later_.emplace(event.mono_ns, Due{event, {std::string(tape_.text_of(item)), {}}});
      }
      continue;
    }
    if (!is_for_a_node(event)) continue;
    Node& node = nodes_[event.node];
    const std::string_view said = event.payload.present() ? words[handle] : std::string_view{};
    asked[static_cast<std::uint32_t>(event.runtime_sequence)] = {event.node, node.script.commands().size()};
    node.script.add({.item = i, .words = said, .answers = {}});
    if (i >= until) continue;
    node.script.skip_to(node.script.commands().size());
    if (event.kind == EventKind::command_node_cancel) {
      node.cancelled_through = std::max(node.cancelled_through, event.ticket);
    } else {
      remember(node, {event, nullptr, {std::string(said), {}}});
    }
  }
}

void ForkLive::set_up_speaker(std::size_t until) {
  std::optional<std::size_t> opened;
  for (std::size_t i = 0; i < until; ++i) {
    const TapeItem& item = tape_.items[i];
    const bool fence = item.kind == TapeItem::Kind::output && item.event.kind == EventKind::command_fence;
    if (fence && item.event.session_slot == settings_.point.slot && item.event.ticket != 0) opened = i;
  }
  last_period_ns_ = on_grid(now_ns_);
  if (last_period_ns_ > now_ns_) last_period_ns_ -= period_ns_;
  if (opened) replay_speaker(*opened, until);
}

void ForkLive::run_period(std::int64_t at_ns, std::vector<Event>& told) {
  const std::int64_t frame = axis_frame_ + (at_ns - axis_ns_) / period_ns_ * settings_.period_frames;
  world_.run_period(Instant{at_ns}, frame, told);
}

/// The voice that is in mid-sentence is brought to where it was: the same commands at the same times, told to nobody.
void ForkLive::replay_speaker(std::size_t from, std::size_t until) {
  std::vector<Event> told;
  std::int64_t period_ns = on_grid(tape_.items[from].event.mono_ns);
  for (std::size_t i = from; i < until; ++i) {
    const TapeItem& item = tape_.items[i];
    const Event& event = item.event;
    if (item.kind != TapeItem::Kind::output || event.session_slot != settings_.point.slot) continue;
    // What a step gives at the end of a period is taken in with the next one.
    for (; period_ns <= event.mono_ns; period_ns += period_ns_) run_period(period_ns, told);
    if (event.kind == EventKind::command_fence) world_.move_fence(event);
    if (wants_the_audio_thread(event.kind)) world_.play(event, payload_of(event).bytes);
  }
  for (; period_ns <= now_ns_; period_ns += period_ns_) run_period(period_ns, told);
  last_period_ns_ = period_ns - period_ns_;
}

}  // namespace phalarope::replay
