#include "hal/store/segment_retention.hpp"

#include <sys/timex.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "hal/store/segment_format.hpp"

namespace phalarope::hal {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
/// Headers are read one a call: a card takes its time for a whole segment.
constexpr Duration look_again_after = milliseconds(100);

}  // namespace

RetentionConfig retention_config(const control::RetentionPolicy& policy, bool sealed) noexcept {
  const auto window = [&](PayloadClass held) { return control::window_ms(policy, held); };
  // PII and PHI reach no segment but as hashes.
  const std::int64_t decisions = std::min(window(PayloadClass::metadata), window(PayloadClass::derived_summary));
  const std::int64_t text = window(PayloadClass::text_raw);
  const std::int64_t sound = window(PayloadClass::audio_raw);
  if (!sealed) return {.window_ms = std::min({decisions, text, sound}), .content_window_ms = {}};
  return {.window_ms = decisions, .content_window_ms = {text, sound}};
}

bool system_clock_is_set() noexcept {
  timex clock{};
  return ::adjtimex(&clock) != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

SegmentRetention::SegmentRetention(FileSystem& files, std::string directory, const RetentionConfig& config)
    : files_(files), directory_(std::move(directory)), config_(config) {}

std::optional<std::int64_t> SegmentRetention::opened_ms(const std::string& name) {
  if (const auto known = opened_ms_.find(name); known != opened_ms_.end()) return known->second;
  if (!std::exchange(may_read_, false)) return std::nullopt;
  std::vector<std::byte> bytes;
  SegmentHeader header;
  std::int64_t opened = 0;
  const bool sound =
      files_.read_all(directory_ + "/" + name, bytes) == 0 && read_segment_header(bytes, header) == Wound::none;
  if (sound) opened = std::max<std::int64_t>(header.opened_wall_ns / ns_per_ms, 0);
  return opened_ms_[name] = opened;
}

bool SegmentRetention::sweep_segment(const std::string& name, bool oldest, std::int64_t age_ms) {
  const auto remove_it = [&] {
    if (remove_segment(files_, directory_, name) != 0) return false;
    static_cast<void>(files_.sync_directory(directory_));
    opened_ms_.erase(name);
    return true;
  };
  if (oldest && age_ms > config_.window_ms) return remove_it();
  for (const auto content : {SealedContent::text, SealedContent::audio}) {
    const std::int64_t window_ms = config_.content_window_ms[static_cast<std::size_t>(content)];
    if (window_ms <= 0 || age_ms <= window_ms || keys_gone_.contains({name, content})) continue;
    const int error = destroy_content_key(files_, directory_, *segment_number_of(name), content);
    // Without a key file the content may stand there in the clear: then the segment goes, in its turn.
    if (error == ENOENT) return oldest && remove_it();
    if (error != 0) return false;
    keys_gone_.emplace(name, content);
    return true;
  }
  return false;
}

bool SegmentRetention::sweep(Instant now, WallTime wall) {
  if (config_.window_ms <= 0 || now < due_) return false;
  due_ = now + config_.every;
  if (wall.value <= 0 || (config_.clock_is_set != nullptr && !config_.clock_is_set())) return false;
  std::vector<std::string> names;
  if (files_.list(directory_, names) != 0) return false;
  std::erase_if(names, [](const std::string& name) { return !segment_number_of(name); });
  std::sort(names.begin(), names.end(), [](const std::string& left, const std::string& right) {
    return *segment_number_of(left) < *segment_number_of(right);
  });
  may_read_ = true;
  // The last is being written, or is what the next run continues.
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const auto ended_ms = opened_ms(names[i + 1]);
    if (!ended_ms) {
      due_ = now + look_again_after;
      return false;
    }
    const std::int64_t age_ms = wall.value / ns_per_ms - *ended_ms;
    // A successor that does not say when it began, or that was opened before anybody set the clock, proves no age.
    if (*ended_ms <= 0 || age_ms <= 0) continue;
    if (!sweep_segment(names[i], i == 0, age_ms)) continue;
    due_ = now;  // there may be more
    return true;
  }
  return false;
}

}  // namespace phalarope::hal
