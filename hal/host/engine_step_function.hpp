// EngineStep: the engine as replay needs it: started from a recording's own pipeline and session records, with every
// seat an engine can have, because a session may come at any time.
// One thread. Contract: decisions.md D23; core/replay/step_function.hpp.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/replay/step_function.hpp"

namespace phalarope::hal {

class EngineStep final : public replay::LiveStepFunction {
 public:
  EngineStep();
  ~EngineStep() override;
  bool start(const replay::RunStart& run) override;
  bool seat(std::span<const std::byte> session_record) override;
  std::span<const Event> step(const Event& input) override;
  std::optional<Instant> deadline_of(std::uint16_t slot) const override;
  Event tick_for(std::uint16_t slot, Instant now, WallTime wall) const override;
  bool turn_active(std::uint16_t slot) const override;
  std::uint64_t sequence() const override { return engine_->sequence(); }
  const TurnEvidence* finished_evidence() const override { return engine_->finished_evidence(); }

 private:
  std::unique_ptr<std::byte[]> region_;
  std::unique_ptr<Arena> arena_;
  Engine* engine_ = nullptr;
};

}  // namespace phalarope::hal
