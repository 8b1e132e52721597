#include "hal/host/engine_step_function.hpp"

#include <cstring>

#include "core/spec/plan_codec.hpp"

namespace phalarope::hal {
namespace {
constexpr std::size_t replay_arena_bytes = 8 * 1024 * 1024;
}

EngineStep::EngineStep() = default;
EngineStep::~EngineStep() = default;

bool EngineStep::start(std::span<const std::byte> pipeline_record, std::span<const std::byte> session_record) {
  const auto pipeline = spec::decode_pipeline(pipeline_record);
  if (!pipeline || session_record.size() != sizeof(SessionStart)) return false;
  SessionStart session;
  std::memcpy(&session, session_record.data(), sizeof session);
  if (session.session_id_bytes > session_id_bytes_max) return false;
  region_.assign(replay_arena_bytes, std::byte{0});
  arena_ = std::make_unique<Arena>(region_);
  const auto engine = Engine::create(*arena_, *pipeline, {&session, 1});
  if (!engine) return false;
  engine_ = *engine;
  return true;
}

std::span<const Event> EngineStep::step(const Event& input) {
  Event taken = input;
  return engine_->step(taken);
}

}  // namespace phalarope::hal
