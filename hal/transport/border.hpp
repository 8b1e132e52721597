// Border: the port that a transport calls for one session. Bytes of a peer become events, signals of the engine become
// bytes, in the form that both agreed on.
//
//   take(message) ─▶ events for the engine + replies for the peer          give(signal) ─▶ message for the peer
//
// Of what came: size and form, whose session and whether a peer may say it (border_signals.hpp), its epoch (10.2:
// carried, else the session's), gateway and ingress (1.9, 1.10), staleness and repetition (spec/ingress_session.hpp).
// Invariants. (1) A message is taken whole or not at all, and whoever sent what was refused is told why. (2) Nothing of
// an older epoch passes, in or out (I7); only what the engine says moves the epoch that its signals leave under, so no
// peer can silence it. (3) A key that was seen passes once; repetitions and forgotten keys leave a note.
// One thread, the transport's own; allocates; never the engine's thread. Not here: sockets, media.
// Contract: runtime.md 1.9-1.11, 7.3, 10.2-10.4.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "core/replay/event_json.hpp"
#include "core/spec/ingress_session.hpp"
#include "core/spec/wire_form.hpp"
#include "hal/codec/border_compression.hpp"

namespace phalarope::hal {

using Message = std::vector<std::byte>;

constexpr std::size_t message_elements_max = 256;

struct BorderSettings {
  std::uint16_t session_slot = 0;
  spec::WireForm form{};
  spec::IngressSettings ingress{};
  ExpansionBound bound{};
  Epoch bootstrap_epoch{};
};

/// What a message came to.
struct Intake {
  std::vector<Event> events;                     // for the engine, in order; empty when the message was refused
  std::vector<spec::AbiElement> records;         // event records that were accepted: the transport's media is theirs
  std::vector<spec::AbiElement> passed_through;  // of unknown types, where the session passes them; nobody judged them
  std::vector<spec::JsonValue> notes;            // for the audit: repeated and forgotten keys, unknown types
  std::vector<Message> replies;                  // for the peer, in the agreed form
  bool refused = false;
};

struct BorderCounters {
  std::uint64_t messages_taken = 0;
  std::uint64_t messages_refused = 0;
  std::uint64_t epochs_enriched = 0;  // elements that carried none
  std::uint64_t notes = 0;
  std::uint64_t given = 0;
  std::uint64_t not_given = 0;  // signals that obey no row of the contract, or stood under an older epoch
};

class Border {
 public:
  /// Agrees on a form with the peer; a refusal's sentence names what is supported.
  static std::expected<spec::WireForm, std::string> agree(std::string_view transport,
                                                          const spec::OfferedForms& offered);

  Border(const BorderSettings& settings, replay::RecordingNames names);
  Border(const Border&) = delete;  // the writer knows where the names are
  Border& operator=(const Border&) = delete;

  /// JSON: one {"kind": KIND, "doc": {...}} a line, a message being a batch; FlatBuffers: one artifact a message.
  Intake take(std::span<const std::byte> message, Instant now, WallTime wall);

  /// A contract signal that the engine gave; nothing for an event that is none or may not leave.
  std::optional<Message> give(const Event& said);

  /// A document in the agreed form; empty where that form has none for its kind.
  Message write(std::string_view kind, const spec::JsonValue& document) const;

  const BorderCounters& counters() const noexcept { return counters_; }

 private:
  std::expected<std::vector<spec::AbiElement>, spec::Violation> read(std::span<const std::byte> message) const;
  std::optional<spec::AbiFault> first_foreign(const std::vector<spec::AbiElement>& batch) const;
  void enrich(std::vector<spec::AbiElement>& batch);
  void accept(const spec::AbiElement& element, Intake& taken, Instant now, WallTime wall);
  spec::IngressMoment moment(Instant now, WallTime wall);

  BorderSettings settings_;
  replay::RecordingNames names_;
  replay::EventJsonWriter writer_;
  spec::IngressSession session_;
  Authority engine_;  // what the engine has said
  std::uint32_t transport_sequence_ = 0;
  std::uint64_t moments_ = 0;
  BorderCounters counters_;
};

}  // namespace phalarope::hal
