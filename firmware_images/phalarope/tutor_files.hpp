// What a tutor keeps on the disk, and how a session is computed again from its evidence.
//
//   STATE/ErrorLog.csv               one row for each miss, of all sessions; read before, added to after a session
//   STATE/tutor.sqlite               sessions and misses as rows
//   STATE/sessions/0001/recording    the evidence
//                      /plan.json    what was asked for, how many sessions went before, the library's digest
//                      /before.csv   the error log as the session found it
//
//   recording ─▶ turns ─▶ words, class, time of the answer ─▶ a fresh TutorSession ─▶ sentences == those recorded
//                                                                     └─▶ rows, events, selection
//
// Invariants. (1) The error log is written from the evidence only, and only when every sentence of it is the one that
// the session says again. (2) A plan whose library or topics have changed since is refused. One thread. Contract:
// chain-library.md 11, 15 ("Evidence").
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "core/library/tutor_session.hpp"
#include "core/replay/conversation_log.hpp"

namespace phalarope::program {

struct TutorChoice {
  std::string library;  // directory; empty: the shipped one
  std::string topics;   // directory; empty: the shipped one
  std::int64_t minutes = 20;
  std::string energy = "medium";
  std::string policy = "v1.0";
};

struct TutorBooks {
  library::TutorMaterial material;
  std::string digest;  // of the library and of the topics
};

/// The library, strict, and the topics; everything that is wrong with them in one text.
std::expected<TutorBooks, std::string> open_books(const TutorChoice& choice);

struct TutorFolder {
  std::string session;    // STATE/sessions/NNNN
  std::string recording;  // in it
  std::string error_log;  // STATE/ErrorLog.csv
  std::string rows;       // STATE/tutor.sqlite
};

/// Takes the next number and writes plan.json and before.csv.
std::expected<TutorFolder, std::string> begin_folder(const std::string& state, const TutorChoice& choice,
                                                     const TutorBooks& books, library::TutorMemory& memory);

struct RetoldSession {
  std::shared_ptr<library::TutorSession> session;
  std::size_t sentences = 0;
  std::vector<std::string> differences;  // a sentence each
};

/// Says again what the recording's learner said. `books` are those that the session was held with.
RetoldSession retell(const replay::ConversationLog& log, const TutorBooks& books, const library::TutorMemory& memory);
/// The memory that a session began with; refused when library or topics are others by now.
std::expected<library::TutorMemory, std::string> memory_of(const std::string& session, const TutorBooks& books);

/// Adds the rows behind those that are there.
std::expected<void, std::string> add_to_error_log(const std::string& path, const std::vector<library::ErrorRow>& rows);

/// The session and its misses as rows; `started_at` and `ended_at` in RFC 3339.
std::expected<void, std::string> keep_rows(const TutorFolder& folder, const library::TutorRun& run,
                                           const std::string& started_at, const std::string& ended_at);

}  // namespace phalarope::program
