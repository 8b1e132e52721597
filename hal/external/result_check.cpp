#include "hal/external/result_check.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/spec/utf8.hpp"

namespace phalarope::hal {
namespace {

enum class Payload : std::uint8_t { none, text, frame };
struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
  constexpr bool holds(std::int64_t value) const noexcept { return value >= min && value <= max; }
};
struct ResultRow {
  NodeType type;
  EventKind kind;
  PayloadClass payload_class;
  Payload payload;
  Range a;
  Range b;
};
constexpr std::int64_t classes_max = static_cast<std::int64_t>(UtteranceClass::empty);
constexpr std::int64_t permille = 1000;
constexpr std::int64_t items_max = 4096;               // sentences, words of an answer
constexpr std::int64_t credit_frames_max = 1'800'000;  // ten hours: a sum of two never overflows

using T = NodeType;
using K = EventKind;
using C = PayloadClass;
using P = Payload;
constexpr Range only_zero{0, 0};
constexpr Range yes_or_no{0, 1};
constexpr Range classes{0, classes_max};
constexpr Range confidence{0, permille};
constexpr Range items{0, items_max};
constexpr Range axis{0, axis_samples_max};
constexpr Range one_frame{external_frame_samples, external_frame_samples};

// clang-format off
constexpr std::array<ResultRow, 9> result_rows{{
    {T::recogniser,  K::recognition_partial, C::text_raw,  P::text,  classes, confidence},
    {T::recogniser,  K::recognition_final,   C::text_raw,  P::text,  classes, confidence},
    {T::dialogue,    K::dialogue_sentence,   C::text_raw,  P::text,  items,   only_zero},
    {T::dialogue,    K::dialogue_done,       C::metadata,  P::none,  items,   yes_or_no},
    {T::dialogue,    K::tool_started,        C::metadata,  P::none,  items,   only_zero},
    {T::dialogue,    K::tool_ended,          C::metadata,  P::none,  items,   only_zero},
    {T::synthesiser, K::synthesis_frame,     C::audio_raw, P::frame, axis,    one_frame},
    {T::synthesiser, K::synthesis_word,      C::text_raw,  P::text,  axis,    items},
    {T::synthesiser, K::synthesis_done,      C::metadata,  P::none,  items,   axis},
}};
// clang-format on

const ResultRow* row_of(NodeType type, std::uint16_t kind) noexcept {
  for (const ResultRow& row : result_rows) {
    if (row.type == type && static_cast<std::uint16_t>(row.kind) == kind) return &row;
  }
  return nullptr;
}

bool is_text(std::span<const std::byte> bytes) noexcept {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!text.empty()) {
    const std::size_t count = spec::utf8_character_bytes(text);
    if (count == 0 || text.front() == '\0') return false;
    text.remove_prefix(count);
  }
  return true;
}

bool payload_fits(Payload wanted, std::span<const std::byte> bytes) noexcept {
  switch (wanted) {
    case Payload::none:
      return bytes.empty();
    case Payload::text:
      return is_text(bytes);
    case Payload::frame:
      return bytes.size() == external_frame_samples * sizeof(std::int16_t);
  }
  return false;
}

}  // namespace

void ResultCheck::begin(const Event& command) noexcept {
  command_ = command;
  results_ = 0;
  if (command.ticket != answer_ticket_) {
    forget();
    answer_ticket_ = command.ticket;
  }
  if (command.kind == EventKind::command_node_credit) {
    const std::int64_t granted = std::clamp<std::int64_t>(command.argument_a, 0, credit_frames_max);
    credit_frames_ = std::min(credit_frames_ + granted, credit_frames_max);
  }
}

void ResultCheck::forget() noexcept {
  answer_ticket_ = 0;
  credit_frames_ = 0;
  axis_end_ = 0;
}

Result<Event, ExternalFault> ResultCheck::accept(const ResultRecord& record) noexcept {
  if (++results_ > results_of_command_max) return refuse(ExternalFault::results_flooded);
  const phal_event& said = record.event;
  const ResultRow* const row = row_of(type_, said.kind);
  if (row == nullptr) return refuse(ExternalFault::kind_not_allowed);
  if (said.ticket != command_.ticket || said.turn_number != command_.turn_number ||
      said.session_slot != command_.session_slot || said.node != command_.node) {
    return refuse(ExternalFault::identity_mismatch);
  }
  if (!row->a.holds(said.argument_a) || !row->b.holds(said.argument_b)) {
    return refuse(ExternalFault::argument_out_of_range);
  }
  if (!payload_fits(row->payload, record.payload())) return refuse(ExternalFault::payload_invalid);
  if (const ExternalFault fault = check_voice(record); fault != ExternalFault::none) return refuse(fault);
  Event result{};
  result.kind = row->kind;
  result.lane = Lane::data;
  result.ticket = command_.ticket;
  result.provider_invocation = command_.provider_invocation;
  result.payload_class = row->payload_class;
  result.argument_a = said.argument_a;
  result.argument_b = said.argument_b;
  if (row->payload == Payload::frame) result.media_sample = said.argument_a;
  return result;
}

/// Where a frame, word or sentence end may stand on the answer's axis.
ExternalFault ResultCheck::check_voice(const ResultRecord& record) noexcept {
  const phal_event& said = record.event;
  const auto kind = static_cast<EventKind>(said.kind);
  if (kind == EventKind::synthesis_done && said.argument_b > axis_end_) return ExternalFault::axis_broken;
  if (kind != EventKind::synthesis_frame) return ExternalFault::none;
  if (said.argument_a != axis_end_) return ExternalFault::axis_broken;
  if (credit_frames_ < 1) return ExternalFault::credit_exceeded;
  --credit_frames_;
  axis_end_ += external_frame_samples;
  return ExternalFault::none;
}

}  // namespace phalarope::hal
