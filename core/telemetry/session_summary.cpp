#include "core/telemetry/session_summary.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/telemetry/units.hpp"

namespace phalarope::telemetry {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, modality_count> modality_names = {"stt", "llm", "tts"};
constexpr std::int64_t bytes_per_sample = 2;
constexpr std::int64_t seconds_per_minute = 60;

// A recording may be hostile: no number in it may make a sum overflow.
constexpr std::int64_t frames_of_event_max = 480'000;       // ten seconds at 48 kHz
constexpr std::int64_t speech_samples_max = 4'147'200'000;  // a day at 48 kHz
constexpr std::int64_t answer_samples_max = 172'800'000;    // an hour at 48 kHz
constexpr std::uint64_t tokens_of_event_max = 1'000'000'000;
constexpr std::int64_t priced_count_max = 1'000'000'000;  // times the highest price: a tenth of 64 bits
constexpr std::int64_t ms_per_second = 1000;

std::int64_t bounded(std::int64_t value, std::int64_t max) { return std::clamp<std::int64_t>(value, 0, max); }
std::int64_t counted(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, static_cast<std::uint64_t>(priced_count_max)));
}
std::int64_t share_of_1000(std::uint64_t count, std::int64_t price) { return counted(count) * price / 1000; }
std::int64_t audio_price(std::int64_t samples, std::int64_t rate_hz, std::int64_t per_minute) {
  const std::int64_t span_ms = samples / rate_hz * ms_per_second + samples % rate_hz * ms_per_second / rate_hz;
  return bounded(span_ms, priced_count_max) * per_minute / (seconds_per_minute * ms_per_second);
}

}  // namespace

void SessionSummaryBuilder::take(const replay::Record& record) {
  names_.take(record);
  if (record.header.type == RecordType::pipeline) {
    if (!read_pipeline_) return;
    const std::int64_t rate_hz = read_pipeline_(record.body).sample_rate_hz;
    if (rate_hz > 0) sample_rate_hz_ = rate_hz;
  } else if (record.header.type == RecordType::session) {
    SessionStart start;
    if (record.body.size() < sizeof start) return;
    std::memcpy(&start, record.body.data(), sizeof start);
    if (start.session_id_bytes > session_id_bytes_max) return;
    sessions_[start.session_slot].start = start;
  } else if (record.header.type == RecordType::event && record.body.size() == event_bytes) {
    Event event{};
    std::memcpy(&event, record.body.data(), event_bytes);
    event.mono_ns = engine_time(event.mono_ns);
    take_event(event);
  }
}

void SessionSummaryBuilder::take_event(const Event& event) {
  SessionState& state = sessions_[event.session_slot];
  if (!state.seen) state.sum.first_ns = event.mono_ns;
  state.seen = true;
  state.sum.last_ns = std::max(state.sum.last_ns, event.mono_ns);
  if (event.has(EventFlag::output)) {
    take_turn(event, state);
  } else {
    take_audio(event, state);
    if (event.kind == EventKind::telemetry_sample) take_tokens(event, state.sum);
  }
}

void SessionSummaryBuilder::take_turn(const Event& event, SessionState& state) {
  SessionSummary& sum = state.sum;
  const auto called = [&sum](Modality modality) { ++sum.calls[index_of(modality)]; };
  if (event.kind == EventKind::turn_open_proposed) ++sum.turns_proposed;
  if (event.kind == EventKind::commit) ++sum.turns_committed;
  if (event.kind == EventKind::abort) ++sum.turns_aborted;
  if (event.kind == EventKind::reject || event.kind == EventKind::defer) ++sum.turns_refused;
  if (event.kind == EventKind::turn_open) {
    ++sum.turns_opened;
    state.turn_synthesised_samples = 0;
  }
  if (event.kind == EventKind::command_recognise_start) called(Modality::stt);
  if (event.kind == EventKind::command_dialogue_ask) called(Modality::llm);
  if (event.kind == EventKind::command_synthesise) called(Modality::tts);
  if (event.kind == EventKind::command_recognise_audio)
    sum.recogniser_samples += bounded(event.payload.length_bytes / bytes_per_sample, frames_of_event_max);
}

void SessionSummaryBuilder::take_audio(const Event& event, SessionState& state) {
  SessionSummary& sum = state.sum;
  if (event.kind == EventKind::speech_started) {
    state.speech_first_sample = event.media_sample;
  } else if (event.kind == EventKind::speech_ended) {
    if (state.speech_first_sample >= 0 && event.media_sample >= state.speech_first_sample)
      sum.user_speech_samples += bounded(event.media_sample - state.speech_first_sample, speech_samples_max) + 1;
    state.speech_first_sample = -1;
  } else if (event.kind == EventKind::synthesis_frame) {
    const std::int64_t frames = bounded(event.argument_b, frames_of_event_max);
    sum.synthesised_samples += frames;
    state.turn_synthesised_samples += frames;
  } else if (event.kind == EventKind::playback_completed) {
    sum.heard_samples += state.turn_synthesised_samples;
    state.turn_synthesised_samples = 0;
  } else if (event.kind == EventKind::fence_applied) {
    sum.heard_samples += bounded(event.argument_a, answer_samples_max);
  }
}

void SessionSummaryBuilder::take_tokens(const Event& event, SessionSummary& sum) const {
  if (event.argument_a <= 0 || event.argument_a > UINT32_MAX || event.argument_b < 0) return;
  const std::string_view name = names_.symbol(static_cast<std::uint32_t>(event.argument_a));
  const auto count = std::min(static_cast<std::uint64_t>(event.argument_b), tokens_of_event_max);
  const bool is_tokens = name == "input_tokens" || name == "output_tokens" || name == "total_tokens";
  if (!is_tokens) return;
  sum.tokens_reported = true;
  if (name == "input_tokens") sum.input_tokens += count;
  if (name == "output_tokens") sum.output_tokens += count;
  if (name == "total_tokens") sum.total_tokens += count;
}

std::vector<SessionSummary> SessionSummaryBuilder::finish() const {
  std::vector<SessionSummary> summaries;
  for (const auto& [slot, state] : sessions_) {
    if (!state.seen) continue;
    SessionSummary sum = state.sum;
    sum.session_id = state.start.session_id_bytes > 0 ? std::string(state.start.session_id_text()) : names_.session_id;
    const std::string_view tenant = names_.symbol(first_tenant_symbol + slot);
    sum.tenant_id = tenant.empty() ? default_tenant : tenant;
    sum.pipeline_version = names_.symbol(state.start.symbol(SessionSymbol::pipeline_version).value);
    constexpr std::array providers = {SessionSymbol::stt_provider, SessionSymbol::llm_provider,
                                      SessionSymbol::tts_provider};
    for (std::size_t i = 0; i < modality_count; ++i)
      sum.providers[i] = names_.symbol(state.start.symbol(providers[i]).value);
    sum.total_tokens = std::max(sum.total_tokens, sum.input_tokens + sum.output_tokens);
    sum.sample_rate_hz = sample_rate_hz_;
    summaries.push_back(std::move(sum));
  }
  return summaries;
}

CostEstimate estimate_cost(const SessionSummary& summary, const CostRates& rates) {
  CostEstimate estimate;
  for (std::size_t i = 0; i < modality_count; ++i) {
    if (summary.calls[i] == 0) continue;
    const auto rate = std::ranges::find_if(rates.rates, [&](const CostRate& each) {
      return index_of(each.modality) == i && each.provider_id == summary.providers[i];
    });
    if (rate == rates.rates.end()) {
      estimate.unrated_providers.push_back(summary.providers[i]);
      continue;
    }
    estimate.millionths += counted(summary.calls[i]) * rate->per_call;
    if (rate->modality == Modality::llm) {
      estimate.millionths += share_of_1000(summary.input_tokens, rate->per_1000_input_tokens) +
                             share_of_1000(summary.output_tokens, rate->per_1000_output_tokens);
    }
    const std::int64_t samples = rate->modality == Modality::stt   ? summary.recogniser_samples
                                 : rate->modality == Modality::tts ? summary.synthesised_samples
                                                                   : 0;
    estimate.millionths += audio_price(samples, summary.sample_rate_hz, rate->per_audio_minute);
  }
  return estimate;
}

std::vector<SessionSummary> of_tenant(std::vector<SessionSummary> summaries, std::string_view tenant_id) {
  std::erase_if(summaries, [&](const SessionSummary& each) { return each.tenant_id != tenant_id; });
  return summaries;
}

std::string summaries_json(const std::vector<SessionSummary>& summaries, const CostRates& rates) {
  ordered_json list = ordered_json::array();
  for (const SessionSummary& each : summaries) {
    ordered_json calls = ordered_json::object();
    ordered_json providers = ordered_json::object();
    for (std::size_t i = 0; i < modality_count; ++i) {
      calls[std::string(modality_names[i])] = each.calls[i];
      providers[std::string(modality_names[i])] = each.providers[i];
    }
    const CostEstimate cost = estimate_cost(each, rates);
    list.push_back({{"session_id", each.session_id},
                    {"tenant_id", each.tenant_id},
                    {"pipeline_version", each.pipeline_version},
                    {"duration_ms", ms_of(span_ns(each.first_ns, each.last_ns))},
                    {"turns",
                     {{"proposed", each.turns_proposed},
                      {"opened", each.turns_opened},
                      {"committed", each.turns_committed},
                      {"aborted", each.turns_aborted},
                      {"refused", each.turns_refused}}},
                    {"tokens",
                     {{"reported", each.tokens_reported},
                      {"input_tokens", each.input_tokens},
                      {"output_tokens", each.output_tokens},
                      {"total_tokens", each.total_tokens}}},
                    {"audio_seconds",
                     {{"user_speech", each.seconds(each.user_speech_samples)},
                      {"recognised", each.seconds(each.recogniser_samples)},
                      {"synthesised", each.seconds(each.synthesised_samples)},
                      {"heard", each.seconds(each.heard_samples)}}},
                    {"calls", std::move(calls)},
                    {"providers", std::move(providers)},
                    {"cost_estimate",
                     {{"currency", rates.currency},
                      {"millionths", cost.millionths},
                      {"unrated_providers", cost.unrated_providers}}}});
  }
  const ordered_json document = {{"sessions", std::move(list)}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace phalarope::telemetry
