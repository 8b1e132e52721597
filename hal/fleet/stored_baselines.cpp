#include "hal/fleet/stored_baselines.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

StoredBaselines::StoredBaselines(FileSystem& files, std::string directory, const fleet::CatchUpPass& pass)
    : files_(files), directory_(std::move(directory)), pass_(pass) {
  std::vector<std::string> names;
  if (files_.list(directory_, names) != 0) return;
  for (std::string& name : names) {
    const auto number = segment_number_of(name);
    if (number && *number >= pass_.from.segment_number) segments_.emplace_back(*number, std::move(name));
  }
  std::ranges::sort(segments_, std::greater<>());
}

bool StoredBaselines::open_next_segment() {
  if (segments_.empty()) return false;
  segment_number_ = segments_.back().first;
  reader_ = std::make_unique<RecordingReader>(files_, directory_ + "/" + segments_.back().second);
  segments_.pop_back();
  return true;
}

std::optional<StoredBaselines::Found> StoredBaselines::next() {
  for (;;) {
    const auto record = reader_ == nullptr ? std::nullopt : reader_->next();
    if (!record) {
      if (!open_next_segment()) return std::nullopt;
      continue;
    }
    if (record->header.type != RecordType::baseline || record->header.sequence < pass_.from.sequence) continue;
    if (record->header.sequence >= pass_.until_sequence) return std::nullopt;
    return Found{.place = {.segment_number = segment_number_, .sequence = record->header.sequence},
                 .table = record->body};
  }
}

}  // namespace phalarope::hal
