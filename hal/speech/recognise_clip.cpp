// recognise_clip: a recogniser fed from a clip. See recognise_clip.hpp.
#include "hal/speech/recognise_clip.hpp"

#include <time.h>

#include <algorithm>

#include "hal/host/clock.hpp"

namespace phalarope::hal {
namespace {

constexpr std::size_t frame_samples = 160;  // 10 ms

std::int64_t thread_cpu_ns() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return spent.tv_sec * ns_per_second + spent.tv_nsec;
}

/// Keeps one payload each way and writes down what comes out.
class ClipContext final : public NodeContext {
 public:
  explicit ClipContext(ClipResult& result) : result_(result) {}

  bool emit(const Event& event) override {
    const auto what = static_cast<UtteranceClass>(event.argument_a);
    if (event.kind == EventKind::recognition_partial) {
      if (result_.first_partial_sample < 0) {
        result_.first_partial_sample = samples_fed;
        result_.first_partial_class = what;
        result_.first_partial_text = outgoing_;
      }
      if (what == UtteranceClass::stop_phrase && result_.stop_partial_sample < 0) {
        result_.stop_partial_sample = samples_fed;
      }
    } else if (event.kind == EventKind::recognition_final) {
      result_.utterance_class = what;
      result_.text = outgoing_;
      result_.confidence_permille = event.argument_b;
    }
    outgoing_.clear();
    return true;
  }
  std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
    outgoing_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return PayloadHandle{1, static_cast<std::uint32_t>(bytes.size()), 0, 1};
  }
  std::span<const std::byte> payload(const PayloadHandle& handle) const override {
    return handle.present() ? incoming : std::span<const std::byte>{};
  }
  bool cancelled() const override { return false; }

  std::span<const std::byte> incoming;
  std::int64_t samples_fed = 0;

 private:
  ClipResult& result_;
  std::string outgoing_;
};

Event command_of(EventKind kind, std::uint32_t utterance) {
  Event command{};
  command.kind = kind;
  command.provider_invocation = utterance;
  return command;
}

}  // namespace

ClipResult recognise_clip(Node& recogniser, std::span<const std::int16_t> samples, bool while_speaking,
                          std::uint32_t utterance) {
  ClipResult result;
  ClipContext context(result);
  const std::int64_t cpu_before = thread_cpu_ns();
  Event start = command_of(EventKind::command_recognise_start, utterance);
  start.argument_a = while_speaking ? 1 : 0;
  recogniser.handle(start, context);
  while (!samples.empty()) {
    const auto frame = samples.first(std::min(frame_samples, samples.size()));
    context.incoming = std::as_bytes(frame);
    context.samples_fed += static_cast<std::int64_t>(frame.size());
    Event audio = command_of(EventKind::command_recognise_audio, utterance);
    audio.payload = {1, static_cast<std::uint32_t>(frame.size_bytes()), 0, 1};
    recogniser.handle(audio, context);
    samples = samples.subspan(frame.size());
  }
  const std::int64_t cpu_then = thread_cpu_ns();
  const Instant before = monotonic_now();
  recogniser.handle(command_of(EventKind::command_recognise_finalise, utterance), context);
  result.finalise_ns = (monotonic_now() - before).value;
  result.finalise_cpu_ns = thread_cpu_ns() - cpu_then;
  result.cpu_ns = thread_cpu_ns() - cpu_before;
  return result;
}

}  // namespace phalarope::hal
