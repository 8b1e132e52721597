// Epochs and keys of what came in. See ingress_session.hpp.
#include "core/spec/ingress_session.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "core/engine/base/sha256.hpp"
#include "core/spec/json_edit.hpp"

namespace phalarope::spec {
namespace {

constexpr SymbolId this_session{1};  // the authority of one session: its name does not matter

/// The registries hold 64 bits of a key's hash; 0 stands for no key.
std::uint64_t hash_of(std::string_view key) {
  const Sha256Digest digest = sha256(key);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sizeof hash; ++i) hash = hash << 8 | digest[i];
  return std::max<std::uint64_t>(1, hash);
}

/// The oldest key gave way (10.4): of it only the hash is left, so the one that took its place is named beside it.
JsonValue eviction_of(std::uint64_t hash, std::string_view key) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return json_object("", {json_text("evicted_key_hash", digits.data()), json_text("idempotency_key", std::string(key)),
                          json_boolean("evicted", true)});
}

/// Absent where an element need not carry one; the gateway has made it a whole number of at least 0.
std::optional<std::int64_t> epoch_of(const AbiElement& element) {
  const JsonValue* const epoch = element.document.find("authority_epoch");
  return epoch == nullptr ? std::nullopt : std::optional(epoch->integer);
}

}  // namespace

std::optional<AbiFault> IngressSession::stale_element(const std::vector<AbiElement>& batch) const {
  std::int64_t current = authority_.current() ? static_cast<std::int64_t>(authority_.current()->value) : 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::int64_t epoch = epoch_of(batch[i]).value_or(current);
    if (epoch < current) {
      const std::string rule =
          "R 10.2: epoch " + std::to_string(epoch) + " is older than the session's " + std::to_string(current);
      return AbiFault{.index = i, .violation = {.rule = rule, .path = "authority_epoch"}};
    }
    current = epoch;
  }
  return std::nullopt;
}

void IngressSession::drop_duplicates(Ingress& ingress) {
  std::erase_if(ingress.accepted, [&](const AbiElement& element) {
    const std::int64_t current = authority_.current() ? static_cast<std::int64_t>(authority_.current()->value) : 0;
    const std::int64_t epoch = epoch_of(element).value_or(current);
    static_cast<void>(authority_.accept(this_session, epoch));  // not stale: the whole batch was looked at before
    const std::string_view key = member_text(element.document, "idempotency_key");
    if (key.empty()) return false;
    const auto registered = keys_->register_key(authority_, this_session, epoch, hash_of(key));
    if (!registered) return false;
    if (registered->evicted) ingress.lineage.push_back(eviction_of(*registered->evicted, key));
    if (registered->verdict == KeyVerdict::fresh) return false;
    ingress.lineage.push_back(
        json_object("", {json_text("event_id", std::string(member_text(element.document, "event_id"))),
                         json_text("idempotency_key", std::string(key)), json_boolean("dropped", true)}));
    return true;
  });
}

void IngressSession::serve_under(Epoch epoch) {
  static_cast<void>(authority_.accept(this_session, static_cast<std::int64_t>(epoch.value)));
}

Ingress IngressSession::take_in(std::vector<AbiElement> batch, const IngressMoment& moment) {
  Ingress ingress = spec::take_in(std::move(batch), settings_, moment);
  if (ingress.fault) return ingress;
  if (auto stale = stale_element(ingress.accepted)) {
    refuse_batch(ingress, IngressErrorClass::epoch, *std::move(stale), moment);
    return ingress;
  }
  drop_duplicates(ingress);
  return ingress;
}

}  // namespace phalarope::spec
