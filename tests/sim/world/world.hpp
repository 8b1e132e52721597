// World: the people, nodes and devices around one session, as a queue of events that are yet to happen.
//
//   react(command)  what the engine asks for becomes future events: words after a delay, frames against credit, silence
//                   when the fence moves; or, where a fault strikes, too late, never, twice, or for nobody
//   next()          the earliest event; when nobody has anything to say, somebody acts
//
// Fair because: everything here is possible on a board (tests/fault/README.md), and only what the contract lets a
// port do is done. Events keep the order that real rings keep: per source first in, first out. A payload is taken from
// the store when its event happens, as a device or a worker would; without a free slab the event does not happen.
// Three files: world.cpp (time and queue), people.cpp (users, device, control plane), nodes.cpp (what answers).
// One thread; the seed decides everything. Compilers evaluate arguments in different orders, so that each draw of
// chance is a statement of its own.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "tests/sim/world/faults.hpp"

namespace phalarope::sim {

/// How the people of a world are: a terse world has many short turns, a chatty one long answers.
struct Manner {
  std::int64_t pause_max_ms = 3'000;
  std::int64_t speech_max_ms = 3'000;
  std::int64_t answer_frames_max = 120;
  std::int64_t sentences_max = 5;
  std::int64_t delay_max_ms = 300;  // of a node in good health
};

struct WorldParts {
  std::uint16_t slot = 0;
  std::uint64_t seed = 0;
  std::int64_t begins_ns = 0;
  std::uint64_t epoch = 1;
  FaultMix& faults;
  const GraphDefinition& graph;
  Manner manner;
  PayloadStore& payloads;
  bool tells_of_evidence = true;  // nobody else does: there is no recorder
};

class World {
 public:
  explicit World(const WorldParts& parts);

  /// When the next thing happens.
  std::int64_t next_at_ns() const { return future_.top().at_ns; }
  /// It happens, at `now`; nothing: it would have, but there was no slab for it.
  std::optional<Event> next(Instant now);
  /// The engine asks for something. Payloads stay the caller's.
  void react(const Event& command, Instant now);

  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t events_without_slab() const { return events_without_slab_; }

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
    std::int64_t stretches = 0;  // whose end was told
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
    std::deque<std::pair<Event, std::int64_t>> waiting{};  // sentences behind this one, with their frames
  };

  // ---- people.cpp ----------------------------------------------------------------------------------------
  void somebody_acts();
  void somebody_speaks();
  void user_is_impatient();
  void device_suffers();
  void line_suffers();
  void control_plane_acts();
  void flood_comes();

  // ---- nodes.cpp -----------------------------------------------------------------------------------------
  void recogniser_answers(const Event& command);
  void dialogue_answers(const Event& command);
  void voice_begins(const Event& command, std::int64_t frames);
  void voice_goes_on(const Event& command);
  void cancel(const Event& command);
  void fence_moves(const Event& command);
  void play(const Event& command);
  void finish_playing();
  void duck(const Event& command);
  Event reply(const Event& command, EventKind kind) const;
  void answer(const Event& command, Event result);
  Duration delay_of_node();

  // ---- world.cpp -----------------------------------------------------------------------------------------
  Event made(EventKind kind, Lane lane) const;
  void later(Duration delay, Event event);
  bool equip(Event& event);

  Chance chance_;
  FaultMix& faults_;
  Manner manner_;
  PayloadStore& payloads_;
  std::uint16_t slot_ = 0;
  bool tells_of_evidence_ = true;
  std::uint8_t recogniser_ = 0;
  std::uint8_t synthesiser_ = 0;
  std::priority_queue<Happening> future_;
  std::uint64_t order_ = 0;
  std::int64_t now_ns_ = 0;
  std::int64_t wall_ahead_ns_ = 0;
  std::int64_t speaking_until_ns_ = 0;
  std::uint32_t utterance_ = 0;
  std::uint64_t epoch_ = 1;
  std::uint64_t events_without_slab_ = 0;
  Loudspeaker loudspeaker_;
  Voice voice_;
  std::map<std::uint8_t, std::int64_t> free_at_ns_;  // a node gives its results in order
  std::map<std::uint8_t, std::uint32_t> results_;    // and numbers them
};

}  // namespace phalarope::sim
