// TutorRows: a tutor's sessions and misses in SQLite, in write-ahead mode.
//
//   tutor_sessions (live)   session_id topic status started_at + selector_chain_id _score_json _policy_version
//   _dependency_fix sessions (history)      session_id topic started_at ended_at + selector_chain_id
//   selector_policy_version error_logs              the 13 columns + session_id turn_id active_knobs timestamp; types
//   and tags are checked
//
// Invariants. (1) A session and its selector columns are one insert. (2) Before every use the actual columns are looked
// at and missing ones are added: the file may have been exchanged under an open process. (3) Old rows keep NULL. (4) A
// call that fails leaves the file as it was. One thread. Contract: chain-library.md 11, 14; decisions.md D10.
#pragma once

#include <memory>
#include <string>

#include "core/library/session_rows.hpp"

struct sqlite3;

namespace phalarope::hal {

class TutorRows final : public library::SessionRows {
 public:
  /// Opens the file, or makes it; a sentence when it cannot be used.
  static std::expected<std::unique_ptr<TutorRows>, std::string> open(const std::string& path);

  Done create(const library::SessionRequest& request, const std::optional<library::SelectorColumns>& selector,
              const std::string& started_at) override;
  Done end(const std::string& session_id, const std::string& ended_at) override;
  Done add_miss(const std::string& session_id, const library::ErrorRow& row, const std::string& timestamp) override;
  std::expected<std::vector<library::SessionView>, std::string> live() override;
  std::expected<std::vector<library::SessionView>, std::string> history() override;
  std::expected<std::vector<library::AuditedSession>, std::string> audit() override;
  std::expected<std::vector<library::ErrorRow>, std::string> misses(const std::string& session_id) override;

 private:
  struct Closer {
    void operator()(sqlite3* database) const noexcept;
  };
  TutorRows(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}

  Done prepare_tables();
  Done run(const std::string& sql);
  std::expected<std::vector<library::SessionView>, std::string> views(const char* table);
  std::string trouble() const;

  std::unique_ptr<sqlite3, Closer> database_;
  std::string path_;
};

}  // namespace phalarope::hal
