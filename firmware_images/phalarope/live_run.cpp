#include "firmware_images/phalarope/live_run.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

constexpr auto supervise_every = std::chrono::milliseconds(100);
std::atomic<bool> stop_requested{false};

void on_stop_signal(int) { stop_requested.store(true); }

void install_signal_handlers() {
  struct sigaction action{};
  action.sa_handler = on_stop_signal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

/// Shows what passes through the dialogue; everything else is the wrapped node's.
class ShownDialogue final : public Node {
 public:
  explicit ShownDialogue(std::unique_ptr<Node> inner) : inner_(std::move(inner)) {}

  std::optional<std::string_view> init() override { return inner_->init(); }
  void start() override { inner_->start(); }
  void stop() override { inner_->stop(); }
  void cancel(Ticket ticket) noexcept override { inner_->cancel(ticket); }
  void handle(const Event& command, NodeContext& context) override {
    if (command.kind == EventKind::command_dialogue_ask) {
      const bool understood = static_cast<UtteranceClass>(command.argument_a) != UtteranceClass::rejected;
      fmt::print("you    {}\n", understood ? context.text(command.payload) : "(not understood)");
    }
    if (command.kind == EventKind::command_heard) {
      fmt::print("       (interrupted after {} of {} words)\n", command.argument_a, command.argument_b);
    }
    Shown shown(context);
    inner_->handle(command, shown);
    std::fflush(stdout);
  }

 private:
  class Shown final : public NodeContext {
   public:
    explicit Shown(NodeContext& inner) : inner_(inner) {}
    bool emit(const Event& result) override {
      if (result.kind == EventKind::dialogue_sentence) fmt::print("board  {}\n", text(result.payload));
      return inner_.emit(result);
    }
    std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
      return inner_.put_payload(bytes);
    }
    std::span<const std::byte> payload(const PayloadHandle& handle) const override { return inner_.payload(handle); }
    std::optional<StateOfSession> session_state() override { return inner_.session_state(); }
    std::optional<StateOfTurn> turn_state() override { return inner_.turn_state(); }
    bool cancelled() const override { return inner_.cancelled(); }

   private:
    NodeContext& inner_;
  };

  std::unique_ptr<Node> inner_;
};

}  // namespace

hal::NodeDecorator show_dialogue() {
  return [](NodeType type, std::unique_ptr<Node> node) -> std::unique_ptr<Node> {
    if (type != NodeType::dialogue) return node;
    return std::make_unique<ShownDialogue>(std::move(node));
  };
}

std::expected<void, std::string> run_live(hal::Conversation& conversation, hal::AudioDevice& device,
                                          const LiveOptions& options) {
  install_signal_handlers();
  if (options.telemetry != nullptr) {
    conversation.flusher().observe(options.telemetry->tap());
    options.telemetry->watch(conversation.flusher());
    if (options.fleet != nullptr) options.telemetry->watch(options.fleet->exporter());
  }
  hal::RealtimeRunner runner(conversation, device, options.realtime);
  if (auto started = runner.start(); !started) return std::unexpected(started.error());
  std::this_thread::sleep_for(supervise_every);  // every thread has said by now what it was refused
  if (!options.quiet) {
    for (const hal::Refusal& refusal : runner.refusals()) {
      fmt::print(stderr, "phalarope: {}; {}\n", refusal.what, refusal.cure);
    }
  }
  while (!stop_requested.load() && !runner.finished()) {
    runner.supervise();
    if (options.events != nullptr) {
      options.events->serve(supervise_every);
    } else {
      std::this_thread::sleep_for(supervise_every);
    }
  }
  const int error = runner.stop();
  if (options.events != nullptr) options.events->serve(std::chrono::milliseconds(0));  // the last words, too
  if (options.fleet != nullptr) {
    const std::string told = options.fleet->stop();  // after the runner: the last turns are durable by then
    if (!options.quiet) fmt::print(stderr, "phalarope: export: {}\n", told);
  }
  if (options.telemetry != nullptr) {
    options.telemetry->stop();  // after the runner: the last records are taken too
    if (!options.quiet) {
      const hal::PipelineStats told = options.telemetry->pipeline_stats();
      fmt::print(stderr, "phalarope: telemetry: {} events exported, {} failed, {} found no room, {} sampled out\n",
                 told.exported, told.export_failures, told.dropped + options.telemetry->tap().dropped(),
                 told.sampled_dropped);
    }
  }
  if (error != 0) {
    return std::unexpected(std::string("the recording could not be completed (") + std::strerror(error) +
                           "); check space and permissions of its folder");
  }
  if (!options.quiet) {
    const hal::AudioCounters audio = runner.audio_counters();
    fmt::print(stderr,
               "phalarope: {} periods, {} capture and {} playback xruns, {} and {} page faults in audio and engine\n",
               audio.periods, audio.capture_xruns, audio.playback_xruns, runner.audio_facts().page_faults,
               runner.engine_facts().page_faults);
  }
  return {};
}

}  // namespace phalarope::program
