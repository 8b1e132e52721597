// The border's two directions. See border.hpp.
#include "hal/transport/border.hpp"

#include <algorithm>

#include "core/engine/plan/white_space.hpp"
#include "core/spec/artifact_codec.hpp"
#include "core/spec/json_edit.hpp"
#include "hal/transport/border_signals.hpp"

namespace phalarope::hal {
namespace {

constexpr SymbolId this_session{1};  // the authority of one session: its name does not matter

spec::Violation broken(std::string rule, std::string path = {}) {
  return {.rule = std::move(rule), .path = std::move(path)};
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::expected<std::vector<spec::AbiElement>, spec::Violation> elements_of_lines(std::string_view text) {
  std::vector<spec::AbiElement> batch;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (is_blank(line)) continue;
    if (batch.size() == message_elements_max) {
      return std::unexpected(broken("a message holds at most " + std::to_string(message_elements_max) + " elements"));
    }
    const auto request = spec::parse_strict_json(line);
    if (!request) return std::unexpected(broken("R 1.1: " + request.error()));
    const spec::JsonValue* const document = request->find("doc");
    if (document == nullptr) return std::unexpected(broken("the line has no \"doc\"", "doc"));
    batch.push_back({.kind = std::string(spec::member_text(*request, "kind")), .document = *document});
    batch.back().document.name.clear();
  }
  return batch;
}

bool is_a_signal(std::string_view name) {
  const auto rows = spec::signal_rows();
  return std::ranges::any_of(rows, [name](const spec::SignalRow& row) { return row.signal == name; });
}

/// The epoch an element carries; a negative one counts as none (10.2).
std::optional<std::int64_t> carried_epoch(const spec::AbiElement& element) {
  const spec::JsonValue* const epoch = element.document.find("authority_epoch");
  if (epoch == nullptr || !epoch->is(spec::JsonValue::Kind::integer)) return std::nullopt;
  return epoch->integer;
}

}  // namespace

std::expected<spec::WireForm, std::string> Border::agree(std::string_view transport,
                                                         const spec::OfferedForms& offered) {
  const spec::SupportedForms* const supported = spec::find_supported_forms(transport);
  if (supported == nullptr) return std::unexpected("there is no transport `" + std::string(transport) + "`");
  const auto form = spec::negotiate(*supported, offered);
  if (!form) return std::unexpected(form.error().sentence);
  return *form;
}

Border::Border(const BorderSettings& settings, replay::RecordingNames names)
    : settings_(settings),
      names_(std::move(names)),
      writer_(names_, replay::Extensions::without),
      session_(settings.ingress) {
  session_.serve_under(settings.bootstrap_epoch);
  static_cast<void>(engine_.accept(this_session, static_cast<std::int64_t>(settings.bootstrap_epoch.value)));
}

std::expected<std::vector<spec::AbiElement>, spec::Violation> Border::read(std::span<const std::byte> message) const {
  Message expanded;
  if (settings_.form.compression == spec::Compression::zlib) {
    auto bytes = expand(message, settings_.bound);
    if (!bytes) return std::unexpected(broken(std::string(describe(bytes.error()))));
    expanded = *std::move(bytes);
    message = expanded;
  }
  if (message.size() > settings_.bound.bytes_max) {
    return std::unexpected(broken("a message is longer than " + std::to_string(settings_.bound.bytes_max) + " bytes"));
  }
  if (settings_.form.encoding == spec::Encoding::json) return elements_of_lines(text_of(message));
  auto artifact = spec::decode_artifact(message);
  if (!artifact) return std::unexpected(std::move(artifact.error()));
  std::vector<spec::AbiElement> batch;
  batch.push_back({.kind = std::string(artifact->kind), .document = std::move(artifact->document)});
  return batch;
}

Intake Border::take(std::span<const std::byte> message, Instant now, WallTime wall) {
  const spec::IngressMoment at = moment(now, wall);
  spec::Ingress ingress;
  auto batch = read(message);
  if (!batch) {
    spec::refuse_batch(ingress, spec::IngressErrorClass::schema, {.index = 0, .violation = batch.error()}, at);
  } else if (auto foreign = first_foreign(*batch)) {
    spec::refuse_batch(ingress, spec::IngressErrorClass::schema, *std::move(foreign), at);
  } else {
    enrich(*batch);
    ingress = session_.take_in(*std::move(batch), at);
  }
  Intake taken;
  taken.refused = ingress.fault.has_value();
  ++(taken.refused ? counters_.messages_refused : counters_.messages_taken);
  if (ingress.reject_signal) taken.replies.push_back(write("control_signal", *ingress.reject_signal));
  if (ingress.error) taken.replies.push_back(write("error", *ingress.error));
  std::erase_if(taken.replies, [](const Message& reply) { return reply.empty(); });
  for (const spec::AbiElement& element : ingress.accepted) accept(element, taken, now, wall);
  taken.passed_through = std::move(ingress.passed_through);
  taken.notes = std::move(ingress.lineage);
  for (spec::JsonValue& entry : ingress.audit) taken.notes.push_back(std::move(entry));
  counters_.notes += taken.notes.size();
  return taken;
}

// Another session's element, a word that is the engine's own, a cancel of what is not ours: judged before anything of
// the batch is remembered.
std::optional<spec::AbiFault> Border::first_foreign(const std::vector<spec::AbiElement>& batch) const {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const spec::JsonValue& document = batch[i].document;
    if (!batch[i].is_known() || !document.is(spec::JsonValue::Kind::object)) continue;
    const std::string_view session = spec::member_text(document, "session_id");
    if (!session.empty() && session != names_.session_id) {
      return spec::AbiFault{
          .index = i,
          .violation = broken("R 2.1: session_mismatch: this border serves `" + names_.session_id + "`", "session_id")};
    }
    const std::string_view name = spec::member_text(document, "signal");
    if (batch[i].is_record() || !is_a_signal(name)) continue;
    if (auto asked = event_asked_for(document, names_); !asked) {
      return spec::AbiFault{.index = i, .violation = std::move(asked.error())};
    }
  }
  return std::nullopt;
}

// 10.2, ingress enrichment. What carries no epoch is served under the session's own.
void Border::enrich(std::vector<spec::AbiElement>& batch) {
  const auto own = static_cast<std::int64_t>(session_.epoch().value_or(settings_.bootstrap_epoch).value);
  for (spec::AbiElement& element : batch) {
    if (!element.is_known() || !element.document.is(spec::JsonValue::Kind::object)) continue;
    const auto epoch = enrich_epoch(this_session, carried_epoch(element), own);
    const spec::JsonValue* const carried = element.document.find("authority_epoch");
    const bool is_integer = carried == nullptr || carried->is(spec::JsonValue::Kind::integer);
    if (!epoch || !epoch->enriched() || !is_integer) continue;  // what is no number is the gateway's to refuse
    spec::set_member(element.document,
                     spec::json_integer("authority_epoch", static_cast<std::int64_t>(epoch->epoch.value)));
    ++counters_.epochs_enriched;
  }
}

void Border::accept(const spec::AbiElement& element, Intake& taken, Instant now, WallTime wall) {
  if (element.is_record()) {
    taken.records.push_back(element);
    return;
  }
  const auto asked = event_asked_for(element.document, names_);
  PHAL_ENFORCE(asked.has_value(), "a signal that asks for nothing of ours was refused with its batch");
  Event event = *asked;
  event.session_slot = settings_.session_slot;
  event.mono_ns = now.value;
  event.wall_ns = wall.value;
  event.transport_sequence = ++transport_sequence_;
  event.lane = Lane::control;
  taken.events.push_back(event);
}

spec::IngressMoment Border::moment(Instant now, WallTime wall) {
  return {.session_id = names_.session_id,
          .pipeline_version = names_.pipeline_version,
          .event_id = "evt/" + names_.session_id + "/border/" + std::to_string(++moments_),
          .runtime_timestamp_ms = now.value / ns_per_ms,
          .wall_clock_timestamp_ms = wall.value / ns_per_ms,
          .authority_epoch = static_cast<std::int64_t>(session_.epoch().value_or(Epoch{}).value)};
}

Message Border::write(std::string_view kind, const spec::JsonValue& document) const {
  Message bytes;
  if (settings_.form.encoding == spec::Encoding::flatbuffers) {
    // An error is no artifact: it has a JSON form only.
    if (auto encoded = spec::encode_artifact(kind, document)) bytes = *std::move(encoded);
    if (bytes.empty()) return bytes;
  } else {
    spec::JsonValue doc = document;
    doc.name = "doc";
    std::string line;
    spec::append_json(line, spec::json_object("", {spec::json_text("kind", std::string(kind)), std::move(doc)}));
    line += '\n';
    const auto raw = std::as_bytes(std::span(line));
    bytes.assign(raw.begin(), raw.end());
  }
  return settings_.form.compression == spec::Compression::zlib ? compress(bytes) : bytes;
}

std::optional<Message> Border::give(const Event& said) {
  if (!is_contract_signal(said.kind)) return std::nullopt;
  Event signal = said;
  // What a lane says of an item that carried no epoch is said now, under the current one.
  if (signal.authority_epoch == 0) signal.authority_epoch = engine_.current().value_or(Epoch{}).value;
  const bool current = engine_.accept(this_session, static_cast<std::int64_t>(signal.authority_epoch)).has_value();
  const auto written = writer_.write(signal);
  std::optional<Message> message;
  if (current && written && *written) {
    session_.serve_under(Epoch{signal.authority_epoch});
    auto document = spec::parse_strict_json(**written);
    if (document) {
      auto passed = spec::pass_gateway({{.kind = "control_signal", .document = *std::move(document)}});
      if (passed) message = write("control_signal", passed->front().document);
    }
  }
  ++(message ? counters_.given : counters_.not_given);
  return message;
}

}  // namespace phalarope::hal
