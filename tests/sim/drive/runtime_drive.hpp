// RuntimeDrive: the engine as a board has it, EngineRuntime with rings, lanes, ingress, pool and recorder, and an
// evidence ring that is emptied only as fast as its reader is.
//
//   offer ─▶ by source:  device control │ device data │ operator │ workers' ingress      each with its bound
//   run   ─▶ poll() until nothing happens ──each step (the runtime's tap)──▶ Watcher, and the list of what was taken
//                                     └─▶ the ring's new records ──held against──▶ that list
//
// Conservation. Each event offered carries a number in transport_sequence; after run() each number has been seen in
// exactly one step, or stands in the range of a drop notice, or came with a shed. The record: each event in it was
// taken, in this order and with these bytes; an event that is left out is counted as lost by the recorder, and no other
// is. One thread. Contract: runtime.md I4, I5, 5.3; evidence.md 1.7.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/engine/runtime.hpp"
#include "tests/sim/bends.hpp"
#include "tests/sim/drive/drive.hpp"
#include "tests/sim/drive/store.hpp"

namespace phalarope::sim {

struct RuntimeDriveParts {
  Engine& engine;
  PayloadStore& payloads;
  Watcher& watcher;
  const Rig& rig;
  Store* store;  // null: the ring is emptied into nothing
  Bender& bender;
};

class RuntimeDrive final : public Drive {
 public:
  explicit RuntimeDrive(const RuntimeDriveParts& parts);
  ~RuntimeDrive() override;

  Recorder& recorder() { return *recorder_; }
  ByteRing& ring() { return *ring_; }
  const EngineRuntime& runtime() const { return *runtime_; }
  /// The runtime begins; what opens the recording stands in the ring by now.
  void begin();

  bool offer(const Event& event) override;
  void run(Instant now) override;
  std::vector<std::string> unaccounted() const override { return unaccounted_; }
  void refuse_next_node_command() override { refuse_next_ = true; }
  /// The runtime's tap. Engine thread, which here is the only one.
  void see(const Event& input, std::span<const Event> outputs);
  std::uint64_t events_without_room() const { return events_without_room_; }

 private:
  struct Seat;
  class Pool;
  struct alignas(64) Line {
    std::byte bytes[64];
  };

  bool push(const Event& event);
  bool lie_about(const Event& event);
  void hear_commands();
  void give(const Event& command);
  void read_log(Instant now);
  void take_record(const RecordHeader& header, std::span<const std::byte> body);
  void hold_against_steps(const Event& recorded);
  void take_power_loss(const Event& recorded);
  void account(const Event& input);

  RuntimeDriveParts parts_;
  std::vector<Line> lines_;
  std::unique_ptr<ByteRing> ring_;
  std::unique_ptr<Recorder> recorder_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<AudioLink> links_;
  Ingress ingress_;
  std::optional<Ingress::Port> port_;
  std::unique_ptr<SpscRing<Event, operator_events_max>> operator_events_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<EngineRuntime> runtime_;
  bool refuse_next_ = false;

  // The log as far as it was seen.
  std::uint64_t consumed_ = 0;
  std::uint64_t seen_ = 0;
  std::int64_t runs_ = 0;
  std::deque<Event> taken_;      // inputs and outputs in order, as far as they have not been found in the record
  std::uint64_t left_out_ = 0;   // of these, passed over by the record
  std::size_t aborts_owed_ = 0;  // outputs that still belong to a power_loss_found of the start
  std::unique_ptr<TurnEvidence> evidence_;

  // What was offered and not yet seen: its number, and its lane.
  std::uint32_t offered_ = 0;
  std::unordered_map<std::uint32_t, Lane> pending_;
  std::optional<Event> held_back_;  // a planted bug: control that waits while data goes on
  std::size_t pending_control_ = 0;
  std::uint64_t lost_events_ = 0;
  std::uint64_t sheds_ = 0;
  std::uint64_t events_without_room_ = 0;
  std::vector<std::string> unaccounted_;
};

}  // namespace phalarope::sim
