#include "hal/host/realtime_runner.hpp"

#include <ctime>
#include <system_error>

#include "hal/host/virtual_runner.hpp"

namespace phalarope::hal {
namespace {

/// The engine looks at its queues at least this often, so that a lost wake-up costs no more.
constexpr Duration engine_nap_max = milliseconds(100);
constexpr Duration flusher_nap = milliseconds(20);
/// How long a graceful stop waits for the engine to end its turn.
constexpr Duration graceful_wait = milliseconds(2'000);

void sleep_for(Duration span) noexcept {
  const timespec pause{.tv_sec = span.value / ns_per_second, .tv_nsec = span.value % ns_per_second};
  ::nanosleep(&pause, nullptr);
}

ThreadPool::Settings pool_settings(const RealtimeSettings& settings, std::shared_ptr<WakeUp> wake,
                                   std::function<void(const std::vector<Refusal>&)> refused) {
  ThreadPool::Settings pool;
  pool.workers = settings.workers;
  pool.thread = settings.worker;
  pool.refused = std::move(refused);
  pool.after_work = [wake = std::move(wake)] { wake->notify(); };
  return pool;
}

Ingress::Port supervisor_port(Conversation& conversation) {
  const auto port = conversation.attach_to_ingress();
  PHAL_ENFORCE(port.has_value(), "the ingress has a place for the supervisor");
  return *port;
}

}  // namespace

RealtimeRunner::RealtimeRunner(Conversation& conversation, AudioDevice& device, RealtimeSettings settings)
    : conversation_(conversation),
      settings_(std::move(settings)),
      audio_(device, conversation.audio_link(), conversation.settings().audio, conversation.audio_tap()),
      wake_(std::make_shared<WakeUp>()),
      pool_(pool_settings(settings_, wake_, [this](const std::vector<Refusal>& refused) { note_refusals(refused); }),
            supervisor_port(conversation)),
      control_heartbeat_(manager_.watchdog_interval()),
      flusher_heartbeat_(manager_.watchdog_interval()) {
  for (auto& slot : conversation_.take_slots()) pool_.add(std::move(slot));
  conversation_.runtime().set_pool(pool_);
}

RealtimeRunner::~RealtimeRunner() {
  if (started_) stop();
}

void RealtimeRunner::note_refusals(const std::vector<Refusal>& refused) {
  const std::lock_guard lock(refusals_mutex_);
  refusals_.insert(refusals_.end(), refused.begin(), refused.end());
}

std::vector<Refusal> RealtimeRunner::refusals() const {
  const std::lock_guard lock(refusals_mutex_);
  return refusals_;
}

Started<void> RealtimeRunner::start() {
  if (settings_.lock_memory) note_refusals(lock_process_memory());
  if (auto opened = audio_.start(); !opened) {
    const DeviceError& error = opened.error();
    return std::unexpected(error.where + ": " + error.what + "; " + error.cure);
  }
  conversation_.record_opening();
  conversation_.start_nodes();
  conversation_.announce();

  try {
    start_threads();
  } catch (const std::system_error& error) {
    end_threads();
    return std::unexpected(std::string("a thread cannot be started (") + error.what() +
                           "); raise TasksMax= in phalarope.service, or free memory");
  }
  started_ = true;
  manager_.ready("listening");
  return {};
}

void RealtimeRunner::start_threads() {
  const auto note = [this](const std::vector<Refusal>& refused) { note_refusals(refused); };
  pool_.start();
  flusher_thread_ = start_thread(settings_.flusher, note, [this] { flusher_loop(); });
  engine_thread_ = start_thread(settings_.engine, note, [this] { engine_loop(); });
  audio_thread_ = start_thread(settings_.audio, note, [this] { audio_loop(); });
}

/// Those that were started, when one could not be.
void RealtimeRunner::end_threads() {
  for (auto* const stop : {&stop_audio_, &stop_engine_, &stop_flusher_}) stop->store(true);
  wake_->notify();
  const PoolStop pool_stop = pool_.stop();
  if (pool_stop.workers_left > 0) conversation_.outlive_workers();
  for (std::thread* const thread : {&audio_thread_, &engine_thread_, &flusher_thread_}) {
    if (thread->joinable()) thread->join();
  }
  audio_.stop();
  conversation_.stop_nodes(pool_stop.nodes_at_work);
}

void RealtimeRunner::audio_loop() {
  const std::int64_t faults_before = page_faults_of_this_thread();
  while (!stop_audio_.load(std::memory_order_relaxed)) {
    const PeriodReport period = audio_.run_period();
    if (period.events_sent) wake_->notify();
    watch_for_the_end(period.source_ended);
    audio_rounds_.fetch_add(1, std::memory_order_relaxed);
  }
  audio_faults_.store(page_faults_of_this_thread() - faults_before, std::memory_order_relaxed);
}

void RealtimeRunner::watch_for_the_end(bool source_ended) {
  source_ended_ = source_ended_ || source_ended;  // told once, in the period it happens
  if (!source_ended_) return;
  const std::int64_t now_ns = monotonic_now().value;
  const bool busy = turn_active_.load(std::memory_order_relaxed) || audio_.front_end().speaking();
  if (busy || quiet_since_ns_ == 0) quiet_since_ns_ = now_ns;
  if (now_ns - quiet_since_ns_ >= settle_wait.value) finished_.store(true, std::memory_order_release);
}

std::size_t RealtimeRunner::engine_round() {
  const Clock& clock = conversation_.clock();
  const Instant now = clock.now();
  conversation_.runtime().note_export_lag(conversation_.flusher().lag(now));
  const std::size_t worked = conversation_.runtime().poll(now, clock.wall());
  conversation_.record_audio();
  turn_active_.store(conversation_.engine().sessions().front().turn_active(), std::memory_order_relaxed);
  engine_rounds_.fetch_add(1, std::memory_order_relaxed);
  return worked;
}

void RealtimeRunner::engine_loop() {
  const std::int64_t faults_before = page_faults_of_this_thread();
  while (!stop_engine_.load(std::memory_order_relaxed)) {
    if (engine_round() > 0) continue;
    wake_->announce();
    if (engine_round() > 0) {
      wake_->withdraw();
      continue;
    }
    const Instant now = conversation_.clock().now();
    const Instant latest = now + engine_nap_max;
    const auto deadline = conversation_.engine().next_deadline();
    wake_->wait(now, deadline && *deadline < latest ? *deadline : latest);
  }
  engine_faults_.store(page_faults_of_this_thread() - faults_before, std::memory_order_relaxed);
}

void RealtimeRunner::flusher_loop() {
  const Clock& clock = conversation_.clock();
  while (!stop_flusher_.load(std::memory_order_relaxed)) {
    if (conversation_.flusher().flush_once(clock.now(), clock.wall()) == 0) sleep_for(flusher_nap);
    feed(flusher_heartbeat_);
  }
}

void RealtimeRunner::supervise() {
  pool_.supervise(conversation_.clock().now());
  feed(control_heartbeat_);
}

void RealtimeRunner::feed(Heartbeat& heartbeat) {
  if (heartbeat.due(conversation_.clock().now(), audio_rounds_.load(std::memory_order_relaxed),
                    engine_rounds_.load(std::memory_order_relaxed))) {
    manager_.alive();
  }
}

int RealtimeRunner::stop() {
  started_ = false;
  manager_.stopping();
  const Clock& clock = conversation_.clock();
  static_cast<void>(
      conversation_.tell(conversation_.host_event(EventKind::shutdown_requested, Emitter::operator_action)));
  wake_->notify();
  const Instant give_up = clock.now() + graceful_wait;
  do {
    sleep_for(flusher_nap);
  } while (turn_active_.load(std::memory_order_relaxed) && clock.now() < give_up);
  stop_audio_.store(true);
  audio_thread_.join();
  const PoolStop pool_stop = pool_.stop();
  if (pool_stop.workers_left > 0) conversation_.outlive_workers();
  stop_engine_.store(true);
  wake_->notify();
  engine_thread_.join();
  audio_.stop();
  while (conversation_.runtime().poll(clock.now(), clock.wall()) > 0) {
  }
  stop_flusher_.store(true);
  flusher_thread_.join();
  conversation_.stop_nodes(pool_stop.nodes_at_work);
  return conversation_.flusher().close(clock.now(), clock.wall());
}

}  // namespace phalarope::hal
