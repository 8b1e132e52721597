#include "hal/audio/voice_detector.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>

#include "core/engine/base/enforce.hpp"

// The package ships the functions but not their header (webrtc/common_audio/vad/include/webrtc_vad.h).
// NOLINTBEGIN(readability-identifier-naming): their names
extern "C" {
struct WebRtcVadInst;
using VadInst = WebRtcVadInst;
VadInst* WebRtcVad_Create();
void WebRtcVad_Free(VadInst* handle);
int WebRtcVad_Init(VadInst* handle);
int WebRtcVad_set_mode(VadInst* handle, int mode);
int WebRtcVad_Process(VadInst* handle, int rate_hz, const std::int16_t* frame, std::size_t frame_length);
}
// NOLINTEND(readability-identifier-naming)

namespace phalarope::hal {
namespace {

constexpr double silence_dbfs = -96.0;
constexpr double we_speak_dbfs = -60.0;
/// WebRTC's noise model and ours know nothing in the first fifth of a second: nobody speaks then.
constexpr int warm_up_frames = 20;
/// Per frame. The floor falls by a share of the way and rises 20 dB a second where there is no speech, 2 dB a second
/// where there may be: a fan that starts is learned in a second, a sentence does not lift it.
constexpr double floor_fall_share = 0.3;
constexpr double floor_rise_quiet_db = 0.2;
constexpr double floor_rise_speech_db = 0.02;
constexpr double floor_min_dbfs = -75.0;
constexpr double floor_max_dbfs = -30.0;
/// The residual is learned within a tenth of a second, and let go by 5 dB a second while something louder lasts, so
/// that a wrong guess (our own voice taken for a user) heals itself.
constexpr double residual_share = 0.1;
constexpr double residual_rise_db = 0.05;
constexpr double residual_min_db = -32.0;
constexpr double residual_max_db = 6.0;
constexpr std::size_t onset_step_frames = 16;            // 1 ms
constexpr std::size_t detector_bytes_max = 16UL * 1024;  // more than the library's detector takes

double power_of(std::span<const std::int16_t> samples) noexcept {
  double sum = 0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}
double dbfs_of(double power) noexcept {
  constexpr double full_scale_power = 32768.0 * 32768.0;
  return power <= 0 ? silence_dbfs : std::max(silence_dbfs, 10.0 * std::log10(power / full_scale_power));
}

/// How much the frame is the echo that was taken out: 0 not at all, 1 nothing else.
double likeness_of(std::span<const std::int16_t> linear, std::span<const std::int16_t> echo) noexcept {
  double cross = 0;
  for (std::size_t i = 0; i < linear.size(); ++i) cross += static_cast<double>(linear[i]) * echo[i];
  const double scale = std::sqrt(power_of(linear) * power_of(echo)) * static_cast<double>(linear.size());
  return scale <= 0 ? 0 : std::min(1.0, std::abs(cross) / scale);
}

/// The first millisecond of the frame that is louder than the threshold.
std::int64_t onset_in(std::span<const std::int16_t> linear, double threshold_dbfs) noexcept {
  for (std::size_t at = 0; at < linear.size(); at += onset_step_frames) {
    if (dbfs_of(power_of(linear.subspan(at, onset_step_frames))) > threshold_dbfs) return static_cast<std::int64_t>(at);
  }
  return 0;
}

}  // namespace

/// WebRTC's detector itself. Around it the library's AudioProcessing takes a lock on every frame, which has no place on
/// the audio thread; the detector's own entry points (exported, stable since 2015) neither lock nor allocate.
struct VoiceDetector::WebRtc {
  std::unique_ptr<VadInst, void (*)(VadInst*)> detector{create(), WebRtcVad_Free};

  explicit WebRtc(int strictness) {
    const int mode = std::clamp(strictness, 0, 3);
    const bool ready =
        detector != nullptr && WebRtcVad_Init(detector.get()) == 0 && WebRtcVad_set_mode(detector.get(), mode) == 0;
    PHAL_ENFORCE(ready, "WebRTC's voice detector can be made");
  }
  /// The library uses what malloc gave it without a look. Asked for once and given back: where it is not to be had, the
  /// start ends here with bad_alloc, not in the library.
  static VadInst* create() {
    std::make_unique_for_overwrite<std::byte[]>(detector_bytes_max).reset();
    return WebRtcVad_Create();
  }
  bool has_voice(std::span<const std::int16_t, frame_frames> frame) noexcept {
    return WebRtcVad_Process(detector.get(), static_cast<int>(engine_rate_hz), frame.data(), frame.size()) == 1;
  }
};

VoiceDetector::VoiceDetector(const VoiceSettings& settings)
    : settings_(settings), webrtc_(std::make_unique<WebRtc>(settings.strictness)), warm_up_left_(warm_up_frames) {
  reference_levels_.fill(silence_dbfs);
  recent_levels_.fill(silence_dbfs);
}

VoiceDetector::~VoiceDetector() = default;

VoiceVerdict VoiceDetector::judge(std::span<const std::int16_t, frame_frames> linear,
                                  std::span<const std::int16_t, frame_frames> echo,
                                  std::span<const std::int16_t, frame_frames> reference) noexcept {
  reference_levels_[reference_next_++ % reference_levels_.size()] = dbfs_of(power_of(reference));
  const double reference_db = loudest_reference_db();
  const double level_db = dbfs_of(power_of(linear));
  const double threshold = threshold_db(likeness_of(linear, echo), dbfs_of(power_of(echo)), reference_db);
  const bool ringing = rings_out(level_db);
  const bool speech = webrtc_->has_voice(linear);  // always asked: its own noise model must see every frame
  const bool voiced = speech && level_db > threshold && !ringing && warm_up_left_ == 0;
  learn(level_db, speech, voiced, reference_db);
  return {voiced, voiced ? onset_in(linear, threshold) : 0};
}

bool VoiceDetector::rings_out(double level_db) noexcept {
  recent_levels_[recent_next_++ % recent_levels_.size()] = level_db;
  return level_db < *std::max_element(recent_levels_.begin(), recent_levels_.end()) - settings_.decay_db;
}

double VoiceDetector::loudest_reference_db() const noexcept {
  return *std::max_element(reference_levels_.begin(), reference_levels_.end());
}

double VoiceDetector::threshold_db(double likeness, double echo_db, double reference_db) const noexcept {
  const double quiet_room = std::max(settings_.gate_dbfs, floor_db_ + settings_.above_floor_db);
  if (reference_db <= we_speak_dbfs) return quiet_room;
  const double ours = reference_db + residual_db_ + settings_.above_residual_db + settings_.likeness_db * likeness;
  return std::max({quiet_room, ours, echo_db - settings_.below_echo_db});
}

void VoiceDetector::learn(double level_db, bool speech, bool voiced, double reference_db) noexcept {
  if (reference_db > we_speak_dbfs) {
    const double seen = level_db - reference_db;
    residual_db_ += voiced ? residual_rise_db : residual_share * (seen - residual_db_);
    residual_db_ = std::clamp(residual_db_, residual_min_db, residual_max_db);
  } else {
    const double rise = speech ? floor_rise_speech_db : floor_rise_quiet_db;
    floor_db_ += level_db < floor_db_ ? floor_fall_share * (level_db - floor_db_) : rise;
    floor_db_ = std::clamp(floor_db_, floor_min_dbfs, floor_max_dbfs);
  }
  if (warm_up_left_ > 0) {
    --warm_up_left_;
  }
}

}  // namespace phalarope::hal
