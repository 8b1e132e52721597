#include "hal/host/engine_step_function.hpp"

#include <vector>

#include "core/replay/session_book.hpp"
#include "core/spec/plan_codec.hpp"

namespace phalarope::hal {
namespace {
constexpr std::size_t replay_arena_bytes =
    engine_sessions_max * sizeof(Session) + engine_pipelines_max * 128 * 1024 + 1024 * 1024;
}

EngineStep::EngineStep() = default;
EngineStep::~EngineStep() = default;

bool EngineStep::start(const replay::RunStart& run) {
  std::vector<CompiledPipeline> pipelines;
  for (const auto& record : run.pipelines) {
    const auto pipeline = spec::decode_pipeline(record);
    if (!pipeline) return false;
    pipelines.push_back(*pipeline);
  }
  std::vector<SessionStart> sessions;
  for (const auto& record : run.sessions) {
    const auto session = replay::session_start_of(record);
    if (!session) return false;
    sessions.push_back(*session);
  }
  if (sessions.empty() || sessions.size() > engine_sessions_max) return false;
  // Untouched pages cost nothing: a recording of one session pays for the seats, not for the room around them.
  if (region_ == nullptr) region_ = std::make_unique_for_overwrite<std::byte[]>(replay_arena_bytes);
  arena_ = std::make_unique<Arena>(std::span(region_.get(), replay_arena_bytes));
  const auto engine =
      Engine::create(*arena_, {.pipelines = pipelines, .sessions = sessions, .seats = engine_sessions_max});
  if (!engine) return false;
  engine_ = *engine;
  return true;
}

bool EngineStep::seat(std::span<const std::byte> session_record) {
  const auto session = replay::session_start_of(session_record);
  if (!session) return false;
  return engine_->open_session(*session) == session->session_slot;
}

std::span<const Event> EngineStep::step(const Event& input) {
  Event taken = input;
  return engine_->step(taken);
}

std::optional<Instant> EngineStep::deadline_of(std::uint16_t slot) const {
  return engine_->seated(slot) ? engine_->sessions()[slot].next_deadline() : std::nullopt;
}

Event EngineStep::tick_for(std::uint16_t slot, Instant now, WallTime wall) const {
  return Engine::tick_for(slot, now, wall);
}

bool EngineStep::turn_active(std::uint16_t slot) const {
  return engine_->seated(slot) && engine_->sessions()[slot].turn_active();
}

}  // namespace phalarope::hal
