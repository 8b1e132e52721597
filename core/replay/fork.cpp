#include "core/replay/fork.hpp"

#include <algorithm>

#include "core/replay/event_fields.hpp"
#include "core/replay/fork_live.hpp"
#include "core/replay/recording_names.hpp"
#include "core/replay/session_book.hpp"

namespace phalarope::replay {
namespace {

std::string in_words(const Event& event) {
  std::string words(kind_text(event.kind));
  if (event.reason != Reason::none) words += " (" + std::string(reason_text(event.reason)) + ")";
  return words;
}

/// The first output of a step that is not the recorded one.
std::optional<ForkDifference> difference_of(std::span<const TapeItem> recorded, std::span<const Event> now) {
  for (std::size_t i = 0; i < std::max(recorded.size(), now.size()); ++i) {
    if (i >= recorded.size())
      return ForkDifference{.at_ns = now[i].mono_ns, .recorded = {}, .now = in_words(now[i]), .field = {}};
    const Event& was = recorded[i].event;
    if (i >= now.size()) return ForkDifference{.at_ns = was.mono_ns, .recorded = in_words(was), .now = {}, .field = {}};
    if (was == now[i]) continue;
    ForkDifference difference{.at_ns = was.mono_ns, .recorded = in_words(was), .now = in_words(now[i]), .field = {}};
    if (was.kind != now[i].kind) return difference;
    for (const EventField& field : event_fields) {
      if (field_number(was, field) == field_number(now[i], field)) continue;
      difference.field = field.name;
      difference.recorded += ": " + field_text(was, field);
      difference.now += ": " + field_text(now[i], field);
      return difference;
    }
  }
  return std::nullopt;
}

class Forker {
 public:
  Forker(const Tape& tape, const ForkSettings& settings, LiveStepFunction& engine, ForkWorld& world,
         const ForkSink& sink)
      : tape_(tape), settings_(settings), engine_(engine), world_(world), sink_(sink) {}

  std::expected<ForkOutcome, std::string> run() {
    if (!start()) return std::unexpected("the engine does not start with this recording's pipelines and the new one");
    for (std::size_t i = 0; i < tape_.items.size(); ++i) {
      const TapeItem& item = tape_.items[i];
      sink_.on_item(i);
      if (item.kind == TapeItem::Kind::output) continue;  // compared with their step
      if (item.kind == TapeItem::Kind::seat) {
        const auto& record = tape_.seats[item.extra];
        if (!engine_.seat(record)) return std::unexpected("a session does not get the seat that it had");
        sink_.on_seat(record);
        continue;
      }
      if (item.event.kind == EventKind::power_loss_found) break;  // the host wrote what follows, not the engine
      if (i == settings_.point.item) begin_fork(item.event);
      if (auto refused = step(i)) return std::unexpected(*std::move(refused));
      if (outcome_.first || live_) break;
    }
    return std::move(outcome_);
  }

 private:
  bool start() {
    std::vector<std::vector<std::byte>> pipelines = tape_.pipelines;
    if (!settings_.pipeline.empty()) pipelines.push_back(settings_.pipeline);
    return engine_.start({.pipelines = pipelines, .sessions = tape_.first_sessions});
  }

  void begin_fork(const Event& next) {
    forked_ = true;
    sink_.on_fork();
    if (settings_.pipeline.empty()) return;
    Event switched{};
    switched.kind = EventKind::pipeline_switched;
    switched.mono_ns = next.mono_ns;
    switched.wall_ns = next.wall_ns;
    switched.session_slot = settings_.point.slot;
    switched.lane = Lane::control;
    switched.scope = Scope::session;
    switched.emitter = Emitter::operator_action;
    switched.argument_a = static_cast<std::int64_t>(tape_.pipelines.size());
    switched.argument_b = settings_.first_symbol;
    switched.set(EventFlag::internal);
    engine_.step(switched);
    sink_.on_step(switched, {}, {});
  }

  /// A sentence when the past is not the recorded one.
  std::optional<std::string> step(std::size_t i) {
    const TapeItem& item = tape_.items[i];
    const std::span<const Event> given = engine_.step(item.event);
    outputs_.assign(given.begin(), given.end());
    for (Event& output : outputs_) output.set(EventFlag::output);
    sink_.on_step(item.event, tape_.text_of(item), outputs_);
    std::size_t end = i + 1;
    while (end < tape_.items.size() && tape_.items[end].kind == TapeItem::Kind::output) ++end;
    auto difference = difference_of(std::span(tape_.items).subspan(i + 1, end - i - 1), outputs_);
    if (!forked_) {
      outcome_.past_outputs += outputs_.size();
      if (!difference) return std::nullopt;
      return "the past is not the recorded one: at " + std::to_string(difference->at_ns / ns_per_ms) + " ms `" +
             difference->recorded + "` was recorded and `" + difference->now + "` is given now" +
             (difference->field.empty() ? "" : " (" + difference->field + ")") +
             "; see phalarope replay on the recording";
    }
    if (!difference) {
      const Event* asked = changed_node_asked();
      if (asked == nullptr && !settings_.live_at_once) {
        outcome_.shared_outputs += outputs_.size();
        return std::nullopt;
      }
      live(i);
      return std::nullopt;
    }
    difference->item = i;
    outcome_.first = std::move(difference);
    live(i);
    return std::nullopt;
  }

  const Event* changed_node_asked() const {
    const auto asked = std::ranges::find_if(outputs_, [&](const Event& output) {
      if (output.session_slot != settings_.point.slot || !is_for_a_node(output)) return false;
      const bool known = output.node < settings_.nodes.size();
      const NodeAnswers answers = known ? settings_.nodes[output.node] : NodeAnswers::recorded;
      return answers == NodeAnswers::forked || answers == NodeAnswers::really;
    });
    return asked == outputs_.end() ? nullptr : &*asked;
  }

  void live(std::size_t i) {
    live_ = true;
    sink_.on_live(i, tape_.items[i].event.at());
    ForkLive future(tape_, settings_, engine_, world_, sink_, outcome_);
    future.resume_at(i);
    future.run(i, outputs_);
  }

  const Tape& tape_;
  const ForkSettings& settings_;
  LiveStepFunction& engine_;
  ForkWorld& world_;
  const ForkSink& sink_;
  ForkOutcome outcome_;
  std::vector<Event> outputs_;
  bool forked_ = false;
  bool live_ = false;
};

}  // namespace

std::expected<ForkPoint, std::string> fork_point_at(const Tape& tape, const ReplayCursor& cursor) {
  for (std::size_t i = 0; i < tape.items.size(); ++i) {
    const TapeItem& item = tape.items[i];
    if (item.kind != TapeItem::Kind::output) continue;
    if (static_cast<std::int64_t>(item.event.runtime_sequence) != cursor.runtime_sequence) continue;
    if (item.event.turn_number != RecordingNames::turn_number(cursor.turn_id).value_or(0)) continue;
    return ForkPoint{.item = tape.step_of(i), .slot = item.event.session_slot};
  }
  return std::unexpected("cursor not found in this run of the recording: '" + to_text(cursor) + "'");
}

std::expected<ForkOutcome, std::string> fork(const Tape& tape, const ForkSettings& settings, LiveStepFunction& engine,
                                             ForkWorld& world, const ForkSink& sink) {
  return Forker(tape, settings, engine, world, sink).run();
}

}  // namespace phalarope::replay
