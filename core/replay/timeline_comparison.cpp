#include "core/replay/timeline_comparison.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <utility>

namespace phalarope::replay {
namespace {

using Places = std::vector<std::size_t>;
using Pair = std::pair<std::optional<std::size_t>, std::optional<std::size_t>>;

bool same_act(const TraceEntry& a, const TraceEntry& b) {
  return a.decision.outcome_kind == b.decision.outcome_kind && a.decision.reason == b.decision.reason;
}

/// A turn of a session; the session's own decisions stand under the empty turn. Where each recording holds one session,
/// its name does not matter.
struct TurnKey {
  std::string session;
  std::string turn;
  auto operator<=>(const TurnKey&) const = default;
};
std::map<TurnKey, Places> places_by_turn(std::span<const TraceEntry> trace, bool one_session) {
  std::map<TurnKey, Places> places;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const Decision& decision = trace[i].decision;
    places[{one_session ? std::string() : decision.session_id, decision.turn_id}].push_back(i);
  }
  return places;
}

class Pairing {
 public:
  Pairing(std::span<const TraceEntry> a, std::span<const TraceEntry> b, bool one_session)
      : a_(a), b_(b), one_session_(one_session) {}

  std::vector<Pair> pairs() {
    auto of_a = places_by_turn(a_, one_session_);
    auto of_b = places_by_turn(b_, one_session_);
    for (const auto& [turn, places] : of_b) of_a.try_emplace(turn);
    std::vector<Pair> pairs;
    for (const auto& [turn, places] : of_a) pair_turn(places, of_b[turn], pairs);
    return pairs;
  }

 private:
  /// Longest common subsequence of the two lists; unpaired ones that stand at the same place are then told as one
  /// change.
  void pair_turn(const Places& a, const Places& b, std::vector<Pair>& pairs) const {
    if (a.size() > paired_decisions_max || b.size() > paired_decisions_max)
      return pair_by_place(a, 0, a.size(), b, 0, b.size(), pairs);
    std::vector<std::vector<std::uint16_t>> common(a.size() + 1, std::vector<std::uint16_t>(b.size() + 1));
    for (std::size_t i = a.size(); i-- > 0;) {
      for (std::size_t k = b.size(); k-- > 0;) {
        common[i][k] = same_act(a_[a[i]], b_[b[k]]) ? static_cast<std::uint16_t>(common[i + 1][k + 1] + 1)
                                                    : std::max(common[i + 1][k], common[i][k + 1]);
      }
    }
    std::size_t i = 0, k = 0, first_i = 0, first_k = 0;
    while (i < a.size() && k < b.size()) {
      if (same_act(a_[a[i]], b_[b[k]])) {
        pair_by_place(a, first_i, i, b, first_k, k, pairs);
        pairs.emplace_back(a[i++], b[k++]);
        first_i = i;
        first_k = k;
      } else if (common[i + 1][k] >= common[i][k + 1]) {
        ++i;
      } else {
        ++k;
      }
    }
    pair_by_place(a, first_i, a.size(), b, first_k, b.size(), pairs);
  }
  static void pair_by_place(const Places& a, std::size_t i, std::size_t i_end, const Places& b, std::size_t k,
                            std::size_t k_end, std::vector<Pair>& pairs) {
    while (i < i_end || k < k_end) {
      Pair pair;
      if (i < i_end) pair.first = a[i++];
      if (k < k_end) pair.second = b[k++];
      pairs.push_back(pair);
    }
  }

  std::span<const TraceEntry> a_;
  std::span<const TraceEntry> b_;
  bool one_session_;
};

/// The sessions of a recording by their ids, each as it began first.
std::map<std::string_view, const SessionContext*> sessions_by_id(const RecordedOutputs& outputs) {
  std::map<std::string_view, const SessionContext*> sessions;
  for (const SessionContext& session : outputs.context.sessions) sessions.try_emplace(session.session_id, &session);
  return sessions;
}

/// What every entry of a session shares is told once and then made equal, so that the rows judge the entry alone.
class SessionsCompared {
 public:
  explicit SessionsCompared(std::vector<TimelineDifference>& out) : out_(out) {}

  void take(const SessionContext& a, const SessionContext& b) {
    tell(MessageClass::decision, DivergenceClass::outcome, "session", a.session_id, b.session_id);
    tell(MessageClass::plan_hash, DivergenceClass::plan, "plan", a.plan_hash, b.plan_hash);
    tell(MessageClass::snapshot_provenance, DivergenceClass::plan, "snapshots", a.snapshot_provenance_ref,
         b.snapshot_provenance_ref);
    tell(MessageClass::provider_choice, DivergenceClass::provider_choice, "providers", a.provider_id, b.provider_id);
  }
  void take_alone(const SessionContext& session, std::string_view where) {
    add(MessageClass::length, DivergenceClass::outcome,
        "session " + session.session_id + " is only in the " + std::string(where));
  }

 private:
  void tell(MessageClass message_class, DivergenceClass divergence_class, std::string_view what, const std::string& was,
            const std::string& is) {
    if (was != is) add(message_class, divergence_class, std::string(what) + " was " + was + ", is " + is);
  }
  void add(MessageClass message_class, DivergenceClass divergence_class, std::string message) {
    out_.push_back({.a = {},
                    .b = {},
                    .divergence = {.message_class = message_class,
                                   .class_name = std::string(name_of(divergence_class)),
                                   .scope = "recording",
                                   .message = std::move(message)}});
  }

  std::vector<TimelineDifference>& out_;
};

/// Answers whether each recording holds one session, which is then the other's counterpart whatever it is called.
bool compare_sessions(const RecordedOutputs& a, const RecordedOutputs& b, std::vector<TimelineDifference>& out) {
  const auto of_a = sessions_by_id(a), of_b = sessions_by_id(b);
  SessionsCompared compared(out);
  if (of_a.size() == 1 && of_b.size() == 1) {
    compared.take(*of_a.begin()->second, *of_b.begin()->second);
    return true;
  }
  for (const auto& [id, session] : of_a) {
    const auto other = of_b.find(id);
    if (other == of_b.end()) {
      compared.take_alone(*session, "baseline");
    } else {
      compared.take(*session, *other->second);
    }
  }
  for (const auto& [id, session] : of_b) {
    if (!of_a.contains(id)) compared.take_alone(*session, "candidate");
  }
  return false;
}

/// The same decision may stand at another place, if only because something was decided before it: that was told there.
TraceEntry at_the_place_of(const TraceEntry& entry, const TraceEntry& place) {
  TraceEntry moved = entry;
  moved.plan_hash = place.plan_hash;
  moved.snapshot_provenance_ref = place.snapshot_provenance_ref;
  moved.provider_id = place.provider_id;
  moved.decision.session_id = place.decision.session_id;
  moved.decision.event_id = place.decision.event_id;
  moved.ordering_marker = place.ordering_marker;
  return moved;
}

Divergence alone(const TraceEntry& entry, std::string_view where) {
  return {.message_class = MessageClass::length,
          .class_name = std::string(name_of(DivergenceClass::outcome)),
          .scope = scope_of(entry.decision),
          .message = "only in the " + std::string(where) + ": " + in_words(entry.decision)};
}

/// Where a difference is shown: in the baseline where it has a place there, else where the candidate has it.
std::int64_t time_of(const Pair& pair, std::span<const TraceEntry> a, std::span<const TraceEntry> b) {
  return pair.first ? a[*pair.first].runtime_timestamp_ms : b[*pair.second].runtime_timestamp_ms;
}

}  // namespace

TimelineComparison compare_timelines(const RecordedOutputs& a, const RecordedOutputs& b, std::int64_t tolerance_ms) {
  const ReplayArtifact was = artifact_of(a.context, a.recorded, EntryTimes::from_the_start);
  const ReplayArtifact is = artifact_of(b.context, b.recorded, EntryTimes::from_the_start);
  TimelineComparison comparison{.decisions_a = was.trace.size(),
                                .decisions_b = is.trace.size(),
                                .tolerance_ms = std::max<std::int64_t>(0, tolerance_ms),
                                .differences = {}};
  const bool one_session = compare_sessions(a, b, comparison.differences);
  std::vector<Pair> pairs = Pairing(was.trace, is.trace, one_session).pairs();
  std::ranges::sort(pairs, {}, [&](const Pair& pair) {
    return std::tuple(time_of(pair, was.trace, is.trace), pair.first.value_or(was.trace.size()), pair.second);
  });
  for (const Pair& pair : pairs) {
    Divergences found;
    if (pair.first && pair.second) {
      const TraceEntry& entry = was.trace[*pair.first];
      const TraceEntry moved = at_the_place_of(is.trace[*pair.second], entry);
      compare_traces({&entry, 1}, {&moved, 1}, comparison.tolerance_ms, found);
      ++comparison.paired;
    } else {
      found.push_back(pair.first ? alone(was.trace[*pair.first], "baseline")
                                 : alone(is.trace[*pair.second], "candidate"));
    }
    for (Divergence& divergence : found) {
      comparison.differences.push_back({pair.first, pair.second, std::move(divergence)});
    }
  }
  return comparison;
}

}  // namespace phalarope::replay
