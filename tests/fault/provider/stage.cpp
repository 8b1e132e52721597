#include "tests/fault/provider/stage.hpp"

#include <algorithm>
#include <cstring>

#include "core/replay/replayer.hpp"
#include "core/spec/pipeline_file.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope::testing {
namespace {

constexpr WallTime some_day{1'767'225'600LL * ns_per_second};
constexpr std::int64_t first_speech_frame = 8'000;
constexpr std::int64_t second_speech_frame = 16'000LL * 12;
constexpr int second_period = 1'200;
constexpr int periods_max = 2'600;  // 26 s of conversation
constexpr std::int64_t frame_samples = 320;
constexpr std::int64_t sentence_frames = 25;  // half a second of voice
constexpr int polls_max = 10'000;             // of one period; more means that the engine talks with itself

hal::ConversationSettings settings_for(const std::string& folder) {
  const std::string path = std::string(PHALAROPE_SOURCE_DIR) + "/tests/fault/provider/pipeline.yaml";
  auto pipeline = spec::load_pipeline(path);
  PHAL_ENFORCE(pipeline.has_value(), "the stage's pipeline compiles");
  hal::ConversationSettings made;
  made.pipeline = *pipeline;
  made.flusher.recording.directory = folder;
  made.level = RecordingLevel::L1;
  made.with_nodes = false;
  return made;
}

hal::WavDeviceSettings microphone(const std::vector<std::int16_t>& speech) {
  hal::WavDeviceSettings device;
  device.microphone = {{.samples = speech, .at_frame = first_speech_frame},
                       {.samples = speech, .at_frame = second_speech_frame}};
  return device;
}

}  // namespace

/// Moves with the periods of the device; its wall clock may be set by somebody.
class Stage::Clock final : public hal::Clock {
 public:
  explicit Clock(const StageTime& time) : now_(time.begins), begins_(time.begins), wall_(time.wall) {}
  Instant now() const noexcept override { return now_; }
  WallTime wall() const noexcept override { return wall_ ? wall_(now_) : some_day + (now_ - begins_); }
  void move_to(Instant instant) { now_ = std::max(now_, instant); }

 private:
  Instant now_;
  Instant begins_;
  std::function<WallTime(Instant)> wall_;
};

/// The WAV device, whose periods come when the stage's clocks say.
class Stage::Device final : public hal::AudioDevice {
 public:
  Device(const std::vector<std::int16_t>& speech, const StageTime& time) : device_(microphone(speech)), time_(time) {}
  std::expected<hal::DeviceFormat, hal::DeviceError> open(const hal::DeviceFormat& wanted) override {
    return device_.open(wanted);
  }
  hal::CaptureOutcome capture(std::span<std::int16_t> capture) noexcept override {
    hal::CaptureOutcome outcome = device_.capture(capture);
    constexpr std::int64_t per_million = 1'000'000;
    const std::int64_t since_ns = outcome.at.value / per_million * (per_million + time_.drift_ppm);
    outcome.at = time_.begins + Duration{since_ns};
    const bool slept = time_.stops_before_frame >= 0 && outcome.first_frame >= time_.stops_before_frame;
    if (slept) outcome.at = outcome.at + time_.stopped;
    return outcome;
  }
  hal::PlaybackOutcome play(std::span<const std::int16_t> playback) noexcept override { return device_.play(playback); }
  void close() noexcept override { device_.close(); }

 private:
  hal::WavDevice device_;
  StageTime time_;
};

Stage::Stage(const std::string& folder, const std::vector<std::int16_t>& speech, NodeType hostile, Act act,
             StageTime time)
    : clock_(std::make_unique<Clock>(time)),
      device_(std::make_unique<Device>(speech, time)),
      hostile_(hostile),
      act_(std::move(act)),
      folder_(folder) {
  auto made = hal::Conversation::create(settings_for(folder), *clock_);
  PHAL_ENFORCE(made.has_value(), "the stage is set");
  conversation_ = *made;
  audio_ = std::make_unique<hal::AudioEngine>(*device_, conversation_->audio_link(), conversation_->settings().audio);
  if (const auto port = conversation_->attach_to_ingress()) port_ = *port;
  conversation_->runtime().set_pool(*this);
}

Stage::~Stage() = default;

NodeType Stage::type_of(NodeIndex node) const {
  return conversation_->settings().pipeline.graph.nodes[node.value].type;
}

bool Stage::try_submit(NodeIndex node, const Event& command) {
  const bool hostile = type_of(node) == hostile_ && !first_turn_over_;
  // Sound is work only when its utterance ends.
  if (hostile && command.kind != EventKind::command_recognise_audio) {
    performance_.asked = true;
    last_progress_ns_ = clock_->now().value;
    act_(*this, command);
  } else {
    behave(command);
  }
  release(command);
  return true;
}

void Stage::release(const Event& command) {
  if (command.payload.present()) static_cast<void>(conversation_->payloads().release(command.payload));
}

void Stage::cancel(NodeIndex, const Event& command) noexcept {
  cancelled_through_ = std::max(cancelled_through_, command.ticket);
}

Event Stage::reply(const Event& command, EventKind kind) const {
  Event event{};
  event.kind = kind;
  event.session_slot = command.session_slot;
  event.turn_number = command.turn_number;
  event.ticket = command.ticket;
  event.authority_epoch = command.authority_epoch;
  event.causal_parent = static_cast<std::uint32_t>(command.runtime_sequence);
  event.provider_invocation = command.provider_invocation;
  event.node = command.node;
  event.lane = Lane::data;
  event.scope = command.turn_number != 0 ? Scope::turn : Scope::session;
  event.emitter = Emitter::worker;
  return event;
}

void Stage::post(std::int64_t delay_ms, const Event& event) {
  due_.emplace(clock_->now().value + delay_ms * ns_per_ms, event);
}

void Stage::post_progress(std::int64_t delay_ms, const Event& event) {
  last_progress_ns_ = std::max(last_progress_ns_, clock_->now().value + delay_ms * ns_per_ms);
  post(delay_ms, event);
}

Event Stage::with_text(Event event, std::string_view text) {
  const auto handle = conversation_->payloads().try_acquire(text_pool, static_cast<std::uint32_t>(text.size()));
  if (!handle) return event;
  std::memcpy(conversation_->payloads().write(*handle).data(), text.data(), text.size());
  event.payload = *handle;
  event.payload_class = PayloadClass::text_raw;
  return event;
}

Event Stage::frame(const Event& command, std::int64_t first_sample, std::int64_t samples) {
  Event event = reply(command, EventKind::synthesis_frame);
  event.argument_a = first_sample;
  event.argument_b = samples;
  event.payload_class = PayloadClass::audio_raw;
  constexpr std::uint32_t frame_bytes = frame_samples * 2;
  const auto handle = conversation_->payloads().try_acquire(synthesis_pool, frame_bytes);
  if (!handle) return event;
  const std::span<std::byte> bytes = conversation_->payloads().write(*handle);
  std::fill(bytes.begin(), bytes.end(), std::byte{0x11});
  event.payload = *handle;
  return event;
}

void Stage::behave(const Event& command) {
  if (command.kind == EventKind::command_recognise_finalise) {
    Event final_words = reply(command, EventKind::recognition_final);
    final_words.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
    return post_progress(20, with_text(final_words, "go forward"));
  }
  if (command.kind == EventKind::command_dialogue_ask) {
    Event done = reply(command, EventKind::dialogue_done);
    done.argument_a = 1;
    post_progress(20, with_text(reply(command, EventKind::dialogue_sentence), "Going."));
    return post_progress(20, done);
  }
  if (command.kind == EventKind::command_synthesise || command.kind == EventKind::command_apology) voice(command);
}

void Stage::voice(const Event& command) {
  if (voiced_ticket_ != command.ticket) voiced_samples_ = 0;
  voiced_ticket_ = command.ticket;
  for (std::int64_t i = 0; i < sentence_frames; ++i, voiced_samples_ += frame_samples) {
    post_progress(10 + i, frame(command, voiced_samples_));
  }
  Event done = reply(command, EventKind::synthesis_done);
  done.argument_a = command.argument_a;
  done.argument_b = voiced_samples_;
  post_progress(10 + sentence_frames, done);
  // While it plays, the loudspeaker's positions are progress.
  last_progress_ns_ += sentence_frames * 20 * ns_per_ms;
}

void Stage::deliver_due() {
  while (!due_.empty() && due_.begin()->first <= clock_->now().value) {
    Event event = due_.begin()->second;
    due_.erase(due_.begin());
    event.mono_ns = clock_->now().value;
    event.wall_ns = clock_->wall().value;
    if (!port_->try_send(event)) release(event);  // what NodeSlot does when the ingress is full
  }
}

void Stage::settle() {
  for (int polls = 0; conversation_->runtime().poll(clock_->now(), clock_->wall()) > 0; ++polls) {
    PHAL_ENFORCE(polls < polls_max, "one period's events come to an end");
  }
}

void Stage::run_period() {
  const bool was_active = turn_active();
  const std::uint64_t accepted = audio_->counters().playback.frames_accepted;
  clock_->move_to(audio_->run_period().at);
  if (!was_active) performance_.frames_without_turn += audio_->counters().playback.frames_accepted - accepted;
  deliver_due();
  settle();
  const Session& session = conversation_->engine().sessions().front();
  // Where somebody interrupts, the next turn opens in the step in which the first one ends.
  if (!first_turn_over_ && ((was_active && !turn_active()) || session.counters().turns_opened > 1)) {
    first_turn_over_ = true;
    performance_.first_committed = session.counters().turns_committed == 1;
    performance_.first_turn_ms = (clock_->now().value - last_progress_ns_) / ns_per_ms;
  }
  conversation_->flusher().flush_once(clock_->now(), clock_->wall());
}

Performance Stage::perform() {
  PHAL_ENFORCE(audio_->start().has_value(), "the stage's device opens");
  conversation_->record_opening();
  conversation_->announce();
  settle();
  const Session& session = conversation_->engine().sessions().front();
  for (int period = 0; period < periods_max; ++period) {
    run_period();
    if (session.counters().turns_opened >= 2 && !turn_active() && due_.empty()) break;
    if (period == second_period && turn_active()) performance_.talked_into_the_second = true;
  }
  performance_.turns_opened = session.counters().turns_opened;
  performance_.second_committed =
      session.counters().turns_committed == (performance_.first_committed ? 2U : 1U) && !turn_active();
  performance_.late_refused = session.counters().late_outputs_refused;
  static_cast<void>(
      conversation_->tell(conversation_->host_event(EventKind::shutdown_requested, Emitter::operator_action)));
  settle();
  // What providers still have to say comes to a session that is gone.
  for (const auto& [at, event] : std::exchange(due_, {})) {
    if (!port_->try_send(event)) release(event);
  }
  run_period();
  audio_->stop();
  settle();
  for (const std::uint16_t pool : {microphone_pool, synthesis_pool, text_pool}) {
    const auto counters = conversation_->payloads().counters(pool);
    if (counters) performance_.slabs_lost += counters->slabs_max - counters->free_slabs;
  }
  if (conversation_->flusher().close(clock_->now(), clock_->wall()) != 0) performance_.evidence = "cannot be closed";
  if (performance_.evidence.empty()) performance_.evidence = judge_evidence(folder_);
  return performance_;
}

std::string Stage::judge_evidence(const std::string& folder) const {
  hal::PosixFileSystem files;
  const hal::VerifyReport report = hal::verify(files, folder);
  if (!report.sound()) return report.damage.front().what;
  if (!report.open_turns.empty()) return "a turn is open";
  hal::RecordingReader reader(files, folder);
  hal::EngineStep engine;
  const replay::ReplayReport replayed = replay::replay(reader, engine, {.differences_max = 1});
  return replayed.verdict == replay::ReplayVerdict::identical ? "" : std::string(replay::name_of(replayed.verdict));
}

}  // namespace phalarope::testing
