#include "hal/host/virtual_runner.hpp"

#include <cstring>

namespace phalarope::hal {
VirtualRunner::VirtualRunner(Conversation& conversation, AudioDevice& device, VirtualClock& clock)
    : conversation_(conversation),
      clock_(clock),
      audio_(device, conversation.audio_link(), conversation.settings().audio, conversation.audio_tap()) {
  for (auto& slot : conversation_.take_slots()) pool_.add(std::move(slot));
  conversation_.runtime().set_pool(pool_);
}

Started<void> VirtualRunner::begin() {
  if (auto opened = audio_.start(); !opened) {
    const DeviceError& error = opened.error();
    return std::unexpected(error.where + ": " + error.what + "; " + error.cure);
  }
  conversation_.record_opening();
  conversation_.start_nodes();
  conversation_.announce();
  settle();
  return {};
}

void VirtualRunner::settle() {
  std::size_t worked = 0;
  conversation_.runtime().note_export_lag(conversation_.flusher().lag(clock_.now()));
  do {
    worked = conversation_.runtime().poll(clock_.now(), clock_.wall());
    worked += pool_.run_pending();
  } while (worked > 0);
  conversation_.record_audio();
  conversation_.flusher().flush_once(clock_.now(), clock_.wall());
}

bool VirtualRunner::run_period() {
  const PeriodReport period = audio_.run_period();
  clock_.move_to(period.at);
  ++report_.periods;
  settle();
  const Session& session = conversation_.engine().sessions().front();
  if (session.turn_active() || audio_.front_end().speaking()) last_busy_at_ = clock_.now();
  if (period.source_ended && !source_ended_) {  // told once, in the period it happens
    source_ended_ = true;
    source_ended_at_ = clock_.now();
  }
  if (!source_ended_) return true;
  report_.finished = clock_.now() - last_busy_at_ >= settle_wait;
  return !report_.finished && clock_.now() - source_ended_at_ < finish_wait;
}

int VirtualRunner::end() {
  static_cast<void>(
      conversation_.tell(conversation_.host_event(EventKind::shutdown_requested, Emitter::operator_action)));
  settle();
  audio_.stop();
  settle();
  conversation_.stop_nodes();
  report_.virtual_time = clock_.now() - Instant{};
  report_.audio = audio_.counters();
  return conversation_.flusher().close(clock_.now(), clock_.wall());
}

Started<VirtualRunReport> VirtualRunner::run(const std::function<void(Duration)>& progress) {
  if (auto begun = begin(); !begun) return std::unexpected(std::move(begun.error()));
  std::int64_t told_s = 0;
  while (run_period()) {
    const std::int64_t now_s = clock_.now().value / ns_per_second;
    if (progress && now_s != told_s) progress(clock_.now() - Instant{});
    told_s = now_s;
  }
  if (const int error = end(); error != 0) {
    return std::unexpected("the recording could not be completed (" + std::string(std::strerror(error)) +
                           "); check space and permissions of its directory");
  }
  return report_;
}

}  // namespace phalarope::hal
