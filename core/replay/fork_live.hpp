// The live part of a fork: from the first difference on, a small world in virtual time around the engine.
//
//   at each instant that something happens:
//     loudspeaker's period ─┐
//     the user, as recorded ┼─▶ control, then data ─▶ step ─▶ fence, loudspeaker, nodes ─┐
//     answers now due ──────┘            ▲ then a tick that is due                        │
//                                        └────────────── answers ◀───────────────────────┘
//
// The order at one instant is the board's own (EngineRuntime): control before data, data before a deadline, nodes when
// the engine is quiet. Work takes no time; an answer out of the record takes as long as it took then.
// One thread. Contract: fork.hpp; core/engine/runtime.hpp (2).
#pragma once

#include <deque>
#include <map>
#include <tuple>

#include "core/replay/fork.hpp"
#include "core/replay/node_script.hpp"

namespace phalarope::replay {

class ForkLive {
 public:
  ForkLive(const Tape& tape, const ForkSettings& settings, LiveStepFunction& engine, ForkWorld& world,
           const ForkSink& sink, ForkOutcome& outcome);

  /// The world as the tape leaves it: what happened before `item` has happened, and nothing of what it led to.
  void resume_at(std::size_t item);
  /// Takes the outputs of the step of `item`, the first that were not recorded, and goes on to the end.
  void run(std::size_t item, std::span<const Event> outputs);

 private:
  struct Payload {
    std::string words;
    std::vector<std::byte> bytes;
  };
  struct Command {
    Event event{};
    const ScriptedCommand* scripted = nullptr;
    Payload payload;
  };
  struct Node {
    NodeScript script;
    std::deque<Command> waiting;
    std::vector<Command> log;   // what the node was told since it last began anew
    std::size_t told = 0;       // of the log, to the real one
    std::uint32_t answers = 0;  // numbers them
    std::uint64_t cancelled_through = 0;
  };
  struct Due {
    Event event{};
    Payload payload;
  };
  using Handle = std::tuple<std::uint16_t, std::uint16_t, std::uint32_t>;

  // ---- the past ----------------------------------------------------------------------------------------
  void write_scripts(std::size_t until);
  void set_up_speaker(std::size_t until);
  void replay_speaker(std::size_t from, std::size_t until);
  void run_period(std::int64_t at_ns, std::vector<Event>& told);
  void calibrate();

  // ---- time --------------------------------------------------------------------------------------------
  std::optional<std::int64_t> next_at();
  std::optional<std::int64_t> next_tape_at();
  std::optional<std::int64_t> next_tick_at() const;
  std::int64_t on_grid(std::int64_t at_ns) const;
  bool busy() const;
  void happen(std::int64_t at_ns);
  void settle();
  void take_tape_items();
  bool stays(const TapeItem& item) const;

  // ---- events ------------------------------------------------------------------------------------------
  void enqueue(Due due, bool in_order);
  void step(const Due& due);
  void hand_out(const Event& output);
  void tell_node(const Event& command);
  std::size_t run_nodes();
  void remember(Node& node, const Command& command);
  void answer(Node& node, const Command& command);
  void answer_by_script(const Command& command);
  void answer_really(Node& node, const Command& command, bool forked);
  std::expected<std::vector<WorldAnswer>, std::string> ask(Node& node, const Command& command, bool forked);
  void catch_up(Node& node, std::size_t until, bool forked);
  void give(Node& node, const Command& command, Event result, Payload payload, std::int64_t at_ns);
  void judge_user(const Event& command, const ScriptedCommand* scripted);
  Payload payload_of(const Event& command);
  Payload voice_of(const Event& play_frame);
  NodeAnswers answers_of(std::uint8_t node) const;
  std::int64_t wall_of(std::int64_t mono_ns) const { return mono_ns + wall_offset_ns_; }
  void stop(std::string why);

  const Tape& tape_;
  const ForkSettings& settings_;
  LiveStepFunction& engine_;
  ForkWorld& world_;
  const ForkSink& sink_;
  ForkOutcome& outcome_;

  std::int64_t now_ns_ = 0;
  std::int64_t wall_offset_ns_ = 0;
  std::size_t next_item_ = 0;
  std::int64_t last_busy_ns_ = 0;
  bool user_speaks_ = false;
  std::map<std::uint8_t, Node> nodes_;
  std::map<Handle, Payload> payloads_;
  std::uint32_t payloads_made_ = 0;
  std::multimap<std::int64_t, Due> later_;
  std::deque<Due> control_;
  std::deque<Due> data_;

  // The loudspeaker's axis: device frame `axis_frame_` is rendered at `axis_ns_`, one period after the other.
  std::int64_t axis_ns_ = 0;
  std::int64_t axis_frame_ = 0;
  std::int64_t period_ns_ = 10'000'000;
  std::int64_t last_period_ns_ = 0;
  bool on_grid_ = true;
  std::map<std::int64_t, std::vector<std::byte>> voice_;  // of the answer that sounds, by its own axis
  std::uint64_t voice_ticket_ = 0;
  bool voice_missing_ = false;
};

}  // namespace phalarope::replay
