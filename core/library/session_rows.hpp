// SessionRows: the port behind which a tutor's sessions are kept as rows, and what a new session's row holds.
//
//   request (no chain, but a mode) ─▶ selection_for ─▶ four columns in the one insert ─▶ end: two are copied to history
//   request names a chain, or no mode, or the selector fails ─▶ four NULLs, and the session starts all the same
//
// Declared here, implemented by hal/store over SQLite. Contract: chain-library.md 11 ("Live table"), 14; decisions.md
// D10.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/library/error_log.hpp"
#include "core/library/selector.hpp"

namespace phalarope::library {

constexpr std::size_t audited_sessions_max = 20;

struct SessionRequest {
  std::string session_id;
  std::string topic;
  std::string phase;
  std::string chain_id;         // chosen by hand; empty: none
  std::string assessment_mode;  // empty: none
  std::string stage;
  std::string energy = "medium";
  std::int64_t time_available = 40;
  std::string class_type;
};

/// The four selector columns of a live session.
struct SelectorColumns {
  std::string chain_id;
  std::string score_json;
  std::string policy_version;
  bool dependency_fix = false;
};

struct SessionView {
  std::string session_id;
  std::string topic;
  std::optional<std::string> selector_chain_id;
  std::optional<std::string> selector_policy_version;
};

struct AuditedSession {
  std::string session_id;
  std::optional<SelectorColumns> selector;  // only where there is a chain id
};

/// What the selector says to a request; nothing when it is not asked or fails. A chosen chain always beats it.
std::optional<SelectorColumns> selection_for(const SessionRequest& request,
                                             const std::expected<SelectorCatalogue, SelectorError>& catalogue,
                                             Policy policy);
SelectorColumns columns_of(const Selection& selection);

/// Every call says in a sentence what went wrong. Before each, missing columns of an older table are added.
class SessionRows {
 public:
  using Done = std::expected<void, std::string>;
  virtual ~SessionRows() = default;

  virtual Done create(const SessionRequest& request, const std::optional<SelectorColumns>& selector,
                      const std::string& started_at) = 0;
  virtual Done end(const std::string& session_id, const std::string& ended_at) = 0;
  virtual Done add_miss(const std::string& session_id, const ErrorRow& row, const std::string& timestamp) = 0;
  virtual std::expected<std::vector<SessionView>, std::string> live() = 0;
  virtual std::expected<std::vector<SessionView>, std::string> history() = 0;
  /// The last live sessions, the newest first.
  virtual std::expected<std::vector<AuditedSession>, std::string> audit() = 0;
  virtual std::expected<std::vector<ErrorRow>, std::string> misses(const std::string& session_id) = 0;
};

}  // namespace phalarope::library
