// Life: one engine from its start to its end: to the last turn wanted, to a violation, or to a power cut.
//
//   run():  the earliest of (next thing in a world, next deadline) ─▶ offer ─▶ drive ─▶ rest: seats, checks, disk
//
// Memory. Everything the engine has is taken from one arena before the first event; at rest and at the end the arena is
// as it was, every slab that is held is held by somebody in the engine, and after the last session has ended by nobody.
// One thread. Contract: runtime.md I10; decisions.md D14, D19.
#pragma once

#include <memory>

#include "core/engine/base/digest.hpp"
#include "tests/sim/checkers/books.hpp"
#include "tests/sim/checkers/life.hpp"
#include "tests/sim/checkers/voice.hpp"
#include "tests/sim/drive/runtime_drive.hpp"
#include "tests/sim/simulator.hpp"

namespace phalarope::sim {

/// What goes on from life to life.
struct Destiny {
  const SimOptions& options;
  Rig rig;
  Chance& chance;
  FaultMix& faults;
  Store* store = nullptr;
  Probes& probes;
  Bender& bender;
  Verdicts& verdicts;
  RunningDigest& digest;
  SimReport& report;
  std::int64_t now_ns = ns_per_second;
  std::uint64_t turns_begun = 0;
  std::uint64_t epoch = 1;  // the control plane remembers it through a power cut
};

class Life final : public Watcher {
 public:
  explicit Life(Destiny& destiny);
  ~Life() override;

  void run();
  bool power_was_cut() const { return power_cut_; }

 private:
  void stepped(const Stepped& step) override;
  void commanded(const Event& command) override;
  void lost(std::uint64_t events) override;

  void make_engine();
  void make_checkers();
  void take_seat(std::uint16_t slot, const SessionStart& start);
  SessionStart start_of(std::uint16_t slot);
  bool goes_on() const;
  void something_happens();
  void offer_next(std::size_t world);
  std::size_t earliest() const;
  void rest();
  void say_goodbye();
  void check_memory();
  std::uint64_t turns_opened() const;

  Destiny& destiny_;
  std::vector<std::byte> region_;
  Arena arena_;
  PayloadStore payloads_;
  Engine* engine_ = nullptr;
  std::vector<SessionStart> starts_;
  std::unique_ptr<Drive> drive_;
  RuntimeDrive* runtime_ = nullptr;  // the same drive, where it is one
  std::vector<std::unique_ptr<World>> worlds_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::unique_ptr<ReplayChecker> replay_;
  LivenessChecker* liveness_ = nullptr;
  std::size_t arena_used_bytes_ = 0;
  std::uint64_t sessions_seated_ = 0;
  std::uint64_t turns_of_ended_ = 0;
  bool power_cut_ = false;
};

}  // namespace phalarope::sim
