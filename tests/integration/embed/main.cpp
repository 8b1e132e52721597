// The smallest program that embeds Phalarope: a pipeline written here, an engine of its own, and a conversation of
// events: somebody speaks, a turn opens; the board speaks, somebody presses a button, the fence moves.
#include <cstdio>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/turn/fence.hpp"
#include "core/spec/pipeline_file.hpp"

namespace {

constexpr const char* pipeline_text = R"(
spec: pipeline/v1
version: pipeline-v1
profile: simple/v1
nodes:
  - {id: microphone, type: microphone}
  - {id: recogniser, type: recogniser}
  - {id: dialogue, type: dialogue}
  - {id: synthesiser, type: synthesiser}
  - {id: playback, type: playback}
edges:
  - {from: microphone, to: recogniser}
  - {from: recogniser, to: dialogue}
  - {from: dialogue, to: synthesiser}
  - {from: synthesiser, to: playback}
)";

/// Steps, shows what came out, and applies what concerns the fence, as a board's loop would.
bool say(phalarope::Engine& engine, phalarope::Fence& fence, phalarope::Event event) {
  event.mono_ns = event.wall_ns = 1'000'000'000;
  bool fenced = false;
  for (const phalarope::Event& output : engine.step(event)) {
    std::printf("  %s\n", phalarope::name_of(output.kind));
    if (output.kind != phalarope::EventKind::command_fence) continue;
    fence.set(phalarope::Ticket{output.ticket});
    fenced = true;
  }
  return fenced;
}

}  // namespace

int main() {
  using phalarope::EventKind;
  const auto pipeline = phalarope::spec::compile_pipeline(pipeline_text, "embedded");
  if (!pipeline) {
    std::printf("%s\n", phalarope::spec::to_string(pipeline.error()).c_str());
    return 1;
  }
  std::vector<std::byte> memory(8 * 1024 * 1024);
  phalarope::Arena arena(memory);
  phalarope::SessionStart session;
  if (!session.set_session_id("embedded")) return 1;
  const auto engine = phalarope::Engine::create(arena, *pipeline, {&session, 1});
  if (!engine) return 1;
  phalarope::Fence fence;

  phalarope::Event event{};
  event.kind = EventKind::connected;
  say(**engine, fence, event);
  event.kind = EventKind::speech_started;
  event.argument_a = 1;
  const bool opened = say(**engine, fence, event);
  const phalarope::Ticket first = fence.current();
  const bool audible = fence.admits(first);
  event.kind = EventKind::playback_started;
  event.ticket = first.value;
  say(**engine, fence, event);
  event.kind = EventKind::user_turn_requested;
  event.ticket = 0;
  const bool moved = say(**engine, fence, event);
  const bool silent = !fence.admits(first);
  std::printf("the first turn was %s, then %s\n", audible ? "audible" : "silent", silent ? "silent" : "audible");
  return opened && audible && moved && silent ? 0 : 1;
}
