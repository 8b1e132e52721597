// IngressSession: ingress with a memory: the epoch a session is served under, and the idempotency keys it has seen.
//
//   batch ──▶ take_in (1.10, 1.11) ──▶ epochs: older than the session's? ──▶ keys: seen before? ──▶ accepted
//                    │ reject                   │ stale_epoch_reject                 │ dropped, told in the lineage,
//                                                                                 as is a key that gave way to it
//
// Invariants. (1) A batch is taken whole or not at all: a refused one moves neither the epoch nor a key. (2) The epoch
// is judged before the keys, so that a stale sender learns nothing. (3) Of all elements with one key exactly one is
// accepted, in whatever batches they come, as long as the key is among the last 4096 (10.4).
// One thread; allocates. Contract: runtime.md 1.11 (dedupe), 10.2 (ingress check), 10.4, 12.3.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/engine/turn/idempotency.hpp"
#include "core/spec/abi_ingress.hpp"

namespace phalarope::spec {

class IngressSession {
 public:
  explicit IngressSession(IngressSettings settings = {}) : settings_(std::move(settings)) {}

  Ingress take_in(std::vector<AbiElement> batch, const IngressMoment& moment);
  /// The lease authority's own word: a newer epoch becomes the session's, an older one changes nothing.
  void serve_under(Epoch epoch);
  std::optional<Epoch> epoch() const { return authority_.current(); }

 private:
  std::optional<AbiFault> stale_element(const std::vector<AbiElement>& batch) const;
  void drop_duplicates(Ingress& ingress);

  IngressSettings settings_;
  Authority authority_;
  std::unique_ptr<IdempotencyRegistry<>> keys_ = std::make_unique<IdempotencyRegistry<>>();
};

}  // namespace phalarope::spec
