// DirectDrive: events straight into step, in the order of time; no rings, no lanes, no recorder. One thread.
#pragma once

#include "core/engine/base/enforce.hpp"
#include "tests/sim/drive/drive.hpp"

namespace phalarope::sim {

class DirectDrive final : public Drive {
 public:
  DirectDrive(Engine& engine, PayloadStore& payloads, Watcher& watcher)
      : engine_(engine), payloads_(payloads), watcher_(watcher) {}

  bool offer(const Event& event) override {
    step(event);
    return true;
  }
  void run(Instant now) override {
    while (const auto tick = engine_.due_tick(now, WallTime{now.value})) {
      const auto before = engine_.next_deadline();
      step(*tick);
      if (const auto after = engine_.next_deadline(); before && after && *after <= *before) return;
    }
  }

 private:
  void step(Event input) {
    const std::span<const Event> outputs = engine_.step(input);
    outputs_.assign(outputs.begin(), outputs.end());
    watcher_.stepped({.input = input, .outputs = outputs_, .evidence = engine_.finished_evidence()});
    for (const Event& output : outputs_) {
      if (!is_command(output.kind)) continue;
      if (output.kind != EventKind::command_release_payload) watcher_.commanded(output);
      if (output.payload.present()) static_cast<void>(payloads_.release(output.payload));
    }
  }

  Engine& engine_;
  PayloadStore& payloads_;
  Watcher& watcher_;
  std::vector<Event> outputs_;
};

}  // namespace phalarope::sim
