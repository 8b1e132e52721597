// verify(): reads a whole recording, says what is wrong with it, and which turns nobody has ended.
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "hal/store/recording_reader.hpp"

namespace phalarope::hal {
namespace {

/// Remembers, while records pass by, which turns are open and what is known of their sessions.
class TurnWatch {
 public:
  void take(const replay::Record& record) {
    if (record.header.type == RecordType::session) take_session(record.body);
    if (record.header.type == RecordType::symbol) take_symbol(record.body);
    if (record.header.type == RecordType::event) take_event(record.body);
  }
  void report_to(VerifyReport& report) {
    for (auto& [key, turn] : open_) report.open_turns.push_back(std::move(turn));
    report.last_event = last_event_;
    report.turns = std::move(turns_);
  }

 private:
  void take_session(std::span<const std::byte> body) {
    SessionStart session;
    if (body.size() != sizeof session) return;
    std::memcpy(&session, body.data(), sizeof session);
    if (session.session_slot >= engine_session_slots_max) return;
    sessions_[static_cast<std::uint16_t>(session.session_slot)] = session;
    note_turn(static_cast<std::uint16_t>(session.session_slot), session.turns_before);
  }
  void take_symbol(std::span<const std::byte> body) {
    std::uint32_t id = 0;
    if (body.size() < sizeof id) return;
    std::memcpy(&id, body.data(), sizeof id);
    const auto text = body.subspan(sizeof id);
    symbols_[id].assign(reinterpret_cast<const char*>(text.data()), text.size());
  }
  void take_event(std::span<const std::byte> body) {
    Event event;
    if (body.size() != sizeof event) return;
    std::memcpy(&event, body.data(), sizeof event);
    last_event_ = event;
    if (event.session_slot >= engine_session_slots_max) return;
    note_turn(event.session_slot, event.turn_number);
    const std::pair key{event.session_slot, event.turn_number};
    if (event.kind == EventKind::close) open_.erase(key);
    if (event.kind != EventKind::turn_open) return;
    OpenTurn turn{event.session_slot, event.turn_number, event, {}};
    const auto session = sessions_.find(event.session_slot);
    for (std::uint32_t i = 0; session != sessions_.end() && i < session_symbol_count; ++i) {
      const auto text = symbols_.find(session->second.first_symbol + i);
      if (text != symbols_.end()) turn.session_texts[i] = text->second;
    }
    open_.insert_or_assign(key, std::move(turn));
  }
  void note_turn(std::uint16_t slot, std::uint32_t number) {
    if (turns_.size() <= slot) turns_.resize(slot + std::size_t{1});
    turns_[slot] = std::max(turns_[slot], number);
  }

  static constexpr std::uint32_t engine_session_slots_max = 256;  // beyond it a slot is damage, not a session
  std::map<std::uint16_t, SessionStart> sessions_;
  std::map<std::uint32_t, std::string> symbols_;
  std::map<std::pair<std::uint16_t, std::uint32_t>, OpenTurn> open_;
  std::vector<std::uint32_t> turns_;
  std::optional<Event> last_event_;
};

}  // namespace

VerifyReport verify(FileSystem& files, const std::string& path, ReaderOptions options, bool digest) {
  RecordingReader reader(files, path, std::move(options));
  VerifyReport report;
  TurnWatch watch;
  crypto_generichash_state events;
  crypto_generichash_init(&events, nullptr, 0, sizeof(ChainHash));
  while (const auto record = reader.next()) {
    watch.take(*record);
    if (!digest || record->header.type != RecordType::event) continue;
    crypto_generichash_update(&events, reinterpret_cast<const unsigned char*>(record->body.data()),
                              record->body.size());
  }
  if (digest) {
    auto& hash = report.events_digest.emplace();
    crypto_generichash_final(&events, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  }
  watch.report_to(report);
  report.totals = reader.totals();
  report.damage = reader.damage();
  report.point = reader.point();
  return report;
}

}  // namespace phalarope::hal
