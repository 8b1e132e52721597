// Nodes of the live part: whether the record answers or the node itself, and what became of the voice that was
// recorded.
#include <algorithm>
#include <array>
#include <utility>

#include "core/replay/fork_live.hpp"

namespace phalarope::replay {
namespace {

/// A command after which a node owes the engine something.
bool owes_an_answer(EventKind kind) {
  return kind != EventKind::command_recognise_abandon && kind != EventKind::command_heard &&
         kind != EventKind::command_recognise_start && kind != EventKind::command_recognise_audio;
}

bool begins_anew(const Event& command, const std::optional<std::uint64_t>& ticket_before) {
  switch (command.kind) {
    case EventKind::command_recognise_start:
      return true;
    case EventKind::command_synthesise:
    case EventKind::command_node_credit:
    case EventKind::command_apology:
      return ticket_before && *ticket_before != command.ticket;
    default:
      return false;  // a dialogue remembers all of its conversation
  }
}

/// Numbers payloads of the live part apart from all that the recording holds.
constexpr std::uint16_t live_pool = 0x4000;

}  // namespace

void ForkLive::tell_node(const Event& command) {
  Node& node = nodes_[command.node];
  const bool forked = answers_of(command.node) == NodeAnswers::forked;
  if (command.kind == EventKind::command_node_cancel) {
    static_cast<void>(node.script.follow(command, {}, tape_));
    node.cancelled_through = std::max(node.cancelled_through, command.ticket);
    return world_.cancel(command, forked);
  }
  Command told{.event = command, .scripted = nullptr, .payload = payload_of(command)};
  const NodeAnswers answers = answers_of(command.node);
  const ScriptedCommand* scripted = node.script.follow(command, told.payload.words, tape_);
  if (command.kind == EventKind::command_recognise_start) judge_user(command, scripted);
  if (answers == NodeAnswers::recorded || answers == NodeAnswers::recorded_only) told.scripted = scripted;
  node.waiting.push_back(std::move(told));
}

/// The user spoke over a voice, or into silence; where it is the other way round here, nobody knows what they would
/// say.
void ForkLive::judge_user(const Event& command, const ScriptedCommand* scripted) {
  if (scripted == nullptr || outcome_.world_valid_until_ns) return;
  const Event& then = tape_.items[scripted->item].event;
  if (then.argument_a == command.argument_a) return;
  outcome_.world_valid_until_ns = now_ns_;
  outcome_.notes.push_back(
      then.argument_a != 0 ? "the user spoke over an answer that is not heard here; what they say is assumed to stay"
                           : "the user spoke into a silence that is an answer here; what they say is assumed to stay");
}

/// As the pool of the runner of files: each node in its turn, until none has anything left.
std::size_t ForkLive::run_nodes() {
  std::size_t handled = 0;
  for (bool worked = true; worked;) {
    worked = false;
    for (auto& [index, node] : nodes_) {
      while (!node.waiting.empty() && outcome_.stopped.empty()) {
        const Command command = std::move(node.waiting.front());
        node.waiting.pop_front();
        answer(node, command);
        worked = true;
        ++handled;
      }
    }
  }
  return handled;
}

void ForkLive::remember(Node& node, const Command& command) {
  const auto before = node.log.empty() ? std::nullopt : std::optional(node.log.back().event.ticket);
  if (begins_anew(command.event, before)) {
    node.log.clear();
    node.told = 0;
  }
  node.log.push_back(command);
}

void ForkLive::answer(Node& node, const Command& command) {
  remember(node, command);
  if (command.scripted != nullptr) return answer_by_script(command);
  const NodeAnswers answers = answers_of(command.event.node);
  if (answers != NodeAnswers::recorded_only) return answer_really(node, command, answers == NodeAnswers::forked);
  if (owes_an_answer(command.event.kind)) {
    stop("the recording does not say what node " + std::to_string(command.event.node) + " would answer here");
  }
}

void ForkLive::answer_by_script(const Command& command) {
  Node& node = nodes_[command.event.node];
  for (const ScriptedAnswer& scripted : command.scripted->answers) {
    const TapeItem& item = tape_.items[scripted.item];
    give(node, command, item.event, {std::string(tape_.text_of(item)), {}}, now_ns_ + scripted.delay_ns);
  }
}

std::expected<std::vector<WorldAnswer>, std::string> ForkLive::ask(Node& node, const Command& command, bool forked) {
  const Event& event = command.event;
  std::span<const std::byte> bytes = std::as_bytes(std::span(command.payload.words));
  if (event.kind == EventKind::command_recognise_audio) {
    bytes = std::as_bytes(world_.heard(event.media_sample, event.payload.length_bytes / std::int64_t{2}));
    if (bytes.empty()) {
      return std::unexpected("the recording holds no sound of the microphone; record with recording: {level: L2}");
    }
  } else if (event.payload.present() && bytes.empty()) {
    return std::unexpected("the recording holds no words; record with recording: {level: L1} or L2");
  }
  const bool cancelled = event.ticket != 0 && event.ticket <= node.cancelled_through;
  return world_.ask({.command = event, .payload = bytes, .forked = forked, .cancelled = cancelled});
}

/// The real node is told what it has missed while the record answered in its place.
void ForkLive::catch_up(Node& node, std::size_t until, bool forked) {
  for (; node.told < until; ++node.told) {
    const Command& missed = node.log[node.told];
    const auto answers = ask(node, missed, forked);
    if (!answers) continue;  // said when an answer is owed
    for (const WorldAnswer& answer : *answers) {
      if (answer.event.kind != EventKind::synthesis_frame) continue;
      if (voice_ticket_ != missed.event.ticket) voice_.clear();
      voice_ticket_ = missed.event.ticket;
      voice_[answer.event.argument_a] = answer.payload;
    }
  }
}

void ForkLive::answer_really(Node& node, const Command& command, bool forked) {
  catch_up(node, node.log.size() - 1, forked);
  node.told = node.log.size();
  auto answers = ask(node, command, forked);
  if (!answers) {
    if (owes_an_answer(command.event.kind)) stop(answers.error());
    return;
  }
  for (WorldAnswer& answer : *answers) {
    Event result = answer.event;
    Payload payload;
    if (!answer.payload.empty()) {
      result.payload = {.generation = ++payloads_made_,
                        .length_bytes = static_cast<std::uint32_t>(answer.payload.size()),
                        .slot = 0,
                        .pool = live_pool};
      if (result.payload_class == PayloadClass::text_raw) {
        payload.words.assign(reinterpret_cast<const char*>(answer.payload.data()), answer.payload.size());
      }
      payload.bytes = std::move(answer.payload);
    }
    give(node, command, result, std::move(payload), now_ns_);
  }
}

void ForkLive::give(Node& node, const Command& command, Event result, Payload payload, std::int64_t at_ns) {
  const Event& asked = command.event;
  result.mono_ns = at_ns;
  result.wall_ns = wall_of(at_ns);
  result.session_slot = asked.session_slot;
  result.turn_number = asked.turn_number;
  result.ticket = asked.ticket;
  result.authority_epoch = asked.authority_epoch;
  result.causal_parent = static_cast<std::uint32_t>(asked.runtime_sequence);
  result.provider_invocation = asked.provider_invocation;
  result.transport_sequence = node.answers++;
  result.node = asked.node;
  if (command.scripted == nullptr) {
    result.lane = Lane::data;
    result.scope = asked.turn_number != 0 ? Scope::turn : Scope::session;
    result.emitter = Emitter::worker;
  }
  Due due{result, std::move(payload)};
  if (at_ns <= now_ns_) return enqueue(std::move(due), false);
  later_.emplace(at_ns, std::move(due));
}

/// The samples of a frame that the record speaks of and does not hold: the recorded synthesiser says them again.
ForkLive::Payload ForkLive::voice_of(const Event& play_frame) {
  Payload payload;
  for (auto& [index, node] : nodes_) {
    const bool speaks = !node.log.empty() && node.log.back().event.ticket == play_frame.ticket &&
                        (node.log.back().event.kind == EventKind::command_synthesise ||
                         node.log.back().event.kind == EventKind::command_node_credit);
    if (speaks && answers_of(index) != NodeAnswers::forked) {
      catch_up(node, node.log.size(), false);
    }
  }
  if (const auto found = voice_.find(play_frame.argument_a);
      voice_ticket_ == play_frame.ticket && found != voice_.end()) {
    payload.bytes = found->second;
    return payload;
  }
  payload.bytes.assign(play_frame.payload.length_bytes, std::byte{0});
  if (!std::exchange(voice_missing_, true)) {
    outcome_.notes.push_back("the voice that was recorded cannot be spoken again here; it is silent in the sound");
  }
  return payload;
}

}  // namespace phalarope::replay
