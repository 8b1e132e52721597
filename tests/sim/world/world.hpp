// World: the people, nodes and devices around the engine, as a queue of events that are yet to happen.
//
//   react(command)  what the engine asks for becomes future events: words after a delay, frames against credit, silence
//                   when the fence moves; or, where a fault strikes, too late, never, or wrongly
//   next()          the earliest event; when nobody has anything to say, somebody speaks
//
// Fair because: everything here is possible on a board (tests/fault/README.md), and only what the contract lets a
// port do is done. Events keep the order that real rings keep: per source first in, first out.
// One thread; the seed decides everything.
#pragma once

#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "core/engine/engine.hpp"
#include "tests/sim/world/faults.hpp"

namespace phalarope::sim {

class World {
 public:
  World(Chance& chance, FaultMix& faults, const GraphDefinition& graph);

  std::int64_t now_ns() const { return now_ns_; }
  /// The earliest thing that happens at or before `deadline`; nothing: the deadline comes first.
  std::optional<Event> next(std::optional<Instant> deadline);
  /// Time passes up to a deadline.
  void wait_until(Instant deadline) { now_ns_ = std::max(now_ns_, deadline.value); }
  void react(const Event& command);

 private:
  struct Happening {
    std::int64_t at_ns = 0;
    std::uint64_t order = 0;
    Event event;
    bool operator<(const Happening& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };
  /// The answer at the loudspeaker.
  struct Loudspeaker {
    std::uint64_t ticket = 0;
    std::int64_t received = 0;
    std::int64_t end = -1;
    std::int64_t started_ns = -1;
    bool stuck = false;
  };
  /// The sentence at the synthesiser.
  struct Voice {
    std::uint64_t ticket = 0;
    std::uint32_t turn = 0;
    std::int64_t credit = 0;
    std::int64_t frames_left = 0;
    std::int64_t sentence = 0;
    std::int64_t sample = 0;
    bool busy = false;
  };

  void somebody_acts();
  void somebody_speaks();
  void control_plane_acts();
  void recogniser_answers(const Event& command);
  void dialogue_answers(const Event& command);
  void voice_begins(const Event& command, std::int64_t frames);
  void voice_goes_on(const Event& command);
  void cancel(const Event& command);
  void fence_moves(const Event& command);
  void play(const Event& command);
  void finish_playing();
  Event made(EventKind kind, Lane lane) const;
  Event reply(const Event& command, EventKind kind) const;
  PayloadHandle payload();
  void later(Duration delay, Event event);
  Duration delay_of_node();

  Chance& chance_;
  FaultMix& faults_;
  std::uint8_t recogniser_ = 0;
  std::uint8_t dialogue_ = 0;
  std::uint8_t synthesiser_ = 0;
  std::priority_queue<Happening> future_;
  std::uint64_t order_ = 0;
  std::int64_t now_ns_ = ns_per_second;
  std::int64_t speaking_until_ns_ = 0;
  std::uint32_t utterance_ = 0;
  std::uint32_t payloads_ = 0;
  std::uint64_t epoch_ = 1;
  Loudspeaker loudspeaker_;
  Voice voice_;
  std::map<std::uint8_t, std::int64_t> free_at_ns_;  // a node gives its results in order
};

}  // namespace phalarope::sim
