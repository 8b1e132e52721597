// Any bytes as a peer's message, in the form that its first byte chooses: taken whole or refused whole, aloud where the
// form has words for it, and nothing but what a host may say reaches the engine.
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine/base/enforce.hpp"
#include "core/engine/lanes/event_source.hpp"
#include "hal/transport/border.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope;
  if (size == 0) return 0;
  const spec::WireForm form{.encoding = data[0] % 2 == 0 ? spec::Encoding::json : spec::Encoding::flatbuffers,
                            .compression = data[0] % 4 < 2 ? spec::Compression::none : spec::Compression::zlib};
  replay::RecordingNames names;
  names.session_id = "s";
  names.node_ids = {"microphone", "dialogue"};
  hal::Border border({.form = form, .bootstrap_epoch = Epoch{1}}, names);
  const hal::Intake taken = border.take(std::as_bytes(std::span(data, size)).subspan(1), Instant{}, WallTime{});
  PHAL_ENFORCE(!taken.refused || (taken.events.empty() && taken.records.empty()),
               "nothing of a refused message is taken");
  PHAL_ENFORCE(!taken.refused || !taken.replies.empty(), "whoever sent what was refused is told");
  PHAL_ENFORCE(taken.events.size() <= hal::message_elements_max, "a message has a bound");
  for (const Event& event : taken.events) {
    PHAL_ENFORCE(may_say(EventSource::host, event.kind), "a peer says only what a host may say");
    PHAL_ENFORCE(!fault_at_the_door(EventSource::host, event), "and the engine's door takes it");
  }
  return 0;
}
