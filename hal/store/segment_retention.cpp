#include "hal/store/segment_retention.hpp"

#include <sys/timex.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

std::int64_t segment_window_ms(const control::RetentionPolicy& policy) noexcept {
  std::int64_t shortest = control::window_ms(policy, PayloadClass::metadata);
  // PII and PHI reach no segment but as hashes.
  for (const auto held : {PayloadClass::derived_summary, PayloadClass::text_raw, PayloadClass::audio_raw})
    shortest = std::min(shortest, control::window_ms(policy, held));
  return shortest;
}

bool system_clock_is_set() noexcept {
  timex clock{};
  return ::adjtimex(&clock) != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

SegmentRetention::SegmentRetention(FileSystem& files, std::string directory, const RetentionConfig& config)
    : files_(files), directory_(std::move(directory)), config_(config) {}

std::optional<std::int64_t> SegmentRetention::opened_ms(const std::string& name) {
  if (const auto known = opened_ms_.find(name); known != opened_ms_.end()) return known->second;
  std::vector<std::byte> bytes;
  SegmentHeader header;
  if (files_.read_all(directory_ + "/" + name, bytes) != 0) return std::nullopt;
  if (read_segment_header(bytes, header) != Wound::none) return std::nullopt;
  constexpr std::int64_t ns_per_ms = 1'000'000;
  return opened_ms_[name] = header.opened_wall_ns / ns_per_ms;
}

bool SegmentRetention::sweep(Instant now, WallTime wall) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  if (config_.window_ms <= 0 || now < due_) return false;
  due_ = now + config_.every;
  if (wall.value <= 0 || (config_.clock_is_set != nullptr && !config_.clock_is_set())) return false;
  std::vector<std::string> names;
  if (files_.list(directory_, names) != 0) return false;
  std::erase_if(names, [](const std::string& name) { return !segment_number_of(name); });
  std::sort(names.begin(), names.end(), [](const std::string& left, const std::string& right) {
    return *segment_number_of(left) < *segment_number_of(right);
  });
  // The last is being written, or is what the next run continues.
  if (names.size() < 2) return false;
  const auto ended_ms = opened_ms(names[1]);
  // A successor that does not say when it began, or that was opened before anybody set the clock, proves no age.
  if (!ended_ms || *ended_ms <= 0) return false;
  const std::int64_t now_ms = wall.value / ns_per_ms;
  if (now_ms < *ended_ms || now_ms - *ended_ms <= config_.window_ms) return false;
  if (files_.remove(directory_ + "/" + names[0]) != 0) return false;
  static_cast<void>(files_.sync_directory(directory_));
  opened_ms_.erase(names[0]);
  due_ = now;  // there may be more
  return true;
}

}  // namespace phalarope::hal
