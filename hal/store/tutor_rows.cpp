#include "hal/store/tutor_rows.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace phalarope::hal {
namespace {

using library::ErrorRow;
using Cell = std::optional<std::string>;  // nothing: NULL

constexpr int busy_timeout_ms = 2000;

struct AddedColumn {
  const char* table;
  const char* column;
  const char* type;
};
/// What older files lack.
constexpr std::array<AddedColumn, 6> added_columns = {
    {{"tutor_sessions", "selector_chain_id", "TEXT"},
     {"tutor_sessions", "selector_score_json", "TEXT"},
     {"tutor_sessions", "selector_policy_version", "TEXT"},
     {"tutor_sessions", "selector_dependency_fix", "INTEGER DEFAULT 0"},
     {"sessions", "selector_chain_id", "TEXT"},
     {"sessions", "selector_policy_version", "TEXT"}}};

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS tutor_sessions (session_id TEXT PRIMARY KEY, topic TEXT, status TEXT, started_at TEXT);
CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, session_id TEXT, topic TEXT, started_at TEXT,
  ended_at TEXT);
CREATE TABLE IF NOT EXISTS error_logs (topic_id TEXT NOT NULL, item_id TEXT NOT NULL,
  error_type TEXT NOT NULL CHECK (error_type IN
    ('Recall','Confusion','Rule','Representation','Procedure','Computation','Speed','None')),
  stage_detected TEXT, confidence TEXT CHECK (confidence IN ('H','M','L')), time_to_answer REAL, fix_applied TEXT,
  assessment_mode TEXT, chain_id TEXT, support_level TEXT, prior_exposure_band TEXT, selector_policy_version TEXT,
  dependency_fix_applied INTEGER, session_id TEXT, turn_id TEXT, active_knobs TEXT, timestamp TEXT);
CREATE INDEX IF NOT EXISTS error_logs_by_session ON error_logs (session_id);
CREATE INDEX IF NOT EXISTS error_logs_by_type ON error_logs (error_type);
CREATE INDEX IF NOT EXISTS error_logs_by_time ON error_logs (timestamp);
)";

/// One prepared statement; texts are bound from 1.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql, const std::vector<Cell>& cells = {}) {
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) return;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      if (cells[i]) {
        sqlite3_bind_text(statement_, at, cells[i]->data(), static_cast<int>(cells[i]->size()), SQLITE_TRANSIENT);
      } else {
        sqlite3_bind_null(statement_, at);
      }
    }
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// SQLITE_ROW, SQLITE_DONE, or an error.
  int step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
  Cell cell(int column) const {
    const auto* const text = sqlite3_column_text(statement_, column);
    if (text == nullptr) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(text),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

Cell or_null(const std::string& text) { return text.empty() ? Cell{} : Cell(text); }

}  // namespace

void TutorRows::Closer::operator()(sqlite3* database) const noexcept { sqlite3_close(database); }

std::expected<std::unique_ptr<TutorRows>, std::string> TutorRows::open(const std::string& path) {
  sqlite3* database = nullptr;
  const int opened = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<TutorRows> rows(new TutorRows(database, path));
  if (opened != SQLITE_OK) return std::unexpected(rows->trouble());
  sqlite3_busy_timeout(database, busy_timeout_ms);
  if (auto mode = rows->run("PRAGMA journal_mode=WAL;"); !mode) return std::unexpected(mode.error());
  if (auto prepared = rows->prepare_tables(); !prepared) return std::unexpected(prepared.error());
  return rows;
}

std::string TutorRows::trouble() const {
  return "`" + path_ + "`: " + (database_ ? sqlite3_errmsg(database_.get()) : "out of memory") +
         "; check the file, or move it away";
}

TutorRows::Done TutorRows::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(trouble());
}

TutorRows::Done TutorRows::prepare_tables() {
  if (auto made = run(tables); !made) return made;
  for (const AddedColumn& row : added_columns) {
    Statement there(database_.get(), "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", {row.table, row.column});
    const int found = there.step();
    if (found == SQLITE_ROW) continue;
    if (found != SQLITE_DONE) return std::unexpected(trouble());
    const std::string sql =
        std::string("ALTER TABLE ") + row.table + " ADD COLUMN " + row.column + " " + row.type + ";";
    if (auto added = run(sql); !added) return added;
  }
  return {};
}

TutorRows::Done TutorRows::create(const library::SessionRequest& request,
                                  const std::optional<library::SelectorColumns>& selector,
                                  const std::string& started_at) {
  if (auto prepared = prepare_tables(); !prepared) return prepared;
  std::vector<Cell> cells = {request.session_id, request.topic, "live", started_at, {}, {}, {}, {}};
  if (selector) {
    cells[4] = selector->chain_id;
    cells[5] = selector->score_json;
    cells[6] = selector->policy_version;
    cells[7] = selector->dependency_fix ? "1" : "0";
  }
  Statement insert(database_.get(),
                   "INSERT INTO tutor_sessions (session_id, topic, status, started_at, selector_chain_id, "
                   "selector_score_json, selector_policy_version, selector_dependency_fix) VALUES (?,?,?,?,?,?,?,?)",
                   cells);
  if (insert.step() != SQLITE_DONE) return std::unexpected(trouble());
  return {};
}

TutorRows::Done TutorRows::end(const std::string& session_id, const std::string& ended_at) {
  if (auto prepared = prepare_tables(); !prepared) return prepared;
  if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  Statement copy(database_.get(),
                 "INSERT INTO sessions (session_id, topic, started_at, ended_at, selector_chain_id, "
                 "selector_policy_version) SELECT session_id, topic, started_at, ?2, selector_chain_id, "
                 "selector_policy_version FROM tutor_sessions WHERE session_id = ?1 AND status = 'live'",
                 {session_id, ended_at});
  Statement mark(database_.get(), "UPDATE tutor_sessions SET status = 'ended' WHERE session_id = ?1", {session_id});
  const bool copied = copy.step() == SQLITE_DONE && sqlite3_changes(database_.get()) == 1;
  const bool marked = copied && mark.step() == SQLITE_DONE;
  const std::string fault = copied ? trouble() : "`" + path_ + "`: there is no live session " + session_id;
  if (marked) return run("COMMIT");
  (void)run("ROLLBACK");
  return std::unexpected(fault);
}

TutorRows::Done TutorRows::add_miss(const std::string& session_id, const ErrorRow& row, const std::string& timestamp) {
  if (auto prepared = prepare_tables(); !prepared) return prepared;
  std::vector<Cell> cells;
  for (const std::string& cell : row) cells.push_back(or_null(cell));
  cells.emplace_back(session_id);
  cells.emplace_back(timestamp);
  Statement insert(database_.get(),
                   "INSERT INTO error_logs (topic_id, item_id, error_type, stage_detected, confidence, time_to_answer, "
                   "fix_applied, assessment_mode, chain_id, support_level, prior_exposure_band, "
                   "selector_policy_version, dependency_fix_applied, session_id, timestamp) "
                   "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                   cells);
  if (insert.step() != SQLITE_DONE) return std::unexpected(trouble());
  return {};
}

std::expected<std::vector<library::SessionView>, std::string> TutorRows::views(const char* table) {
  if (auto prepared = prepare_tables(); !prepared) return std::unexpected(prepared.error());
  Statement select(database_.get(), std::string("SELECT session_id, topic, selector_chain_id, selector_policy_version "
                                                "FROM ") +
                                        table + " ORDER BY rowid");
  std::vector<library::SessionView> all;
  int outcome = select.step();
  for (; outcome == SQLITE_ROW; outcome = select.step()) {
    all.push_back({select.cell(0).value_or(""), select.cell(1).value_or(""), select.cell(2), select.cell(3)});
  }
  if (outcome != SQLITE_DONE) return std::unexpected(trouble());
  return all;
}

std::expected<std::vector<library::SessionView>, std::string> TutorRows::live() { return views("tutor_sessions"); }
std::expected<std::vector<library::SessionView>, std::string> TutorRows::history() { return views("sessions"); }

std::expected<std::vector<library::AuditedSession>, std::string> TutorRows::audit() {
  if (auto prepared = prepare_tables(); !prepared) return std::unexpected(prepared.error());
  Statement select(database_.get(),
                   "SELECT session_id, selector_chain_id, selector_score_json, selector_policy_version, "
                   "selector_dependency_fix FROM tutor_sessions ORDER BY rowid DESC LIMIT " +
                       std::to_string(library::audited_sessions_max));
  std::vector<library::AuditedSession> all;
  int outcome = select.step();
  for (; outcome == SQLITE_ROW; outcome = select.step()) {
    library::AuditedSession session{select.cell(0).value_or(""), {}};
    if (const Cell chain = select.cell(1); chain) {
      session.selector = {*chain, select.cell(2).value_or(""), select.cell(3).value_or(""),
                          select.cell(4).value_or("0") != "0"};
    }
    all.push_back(std::move(session));
  }
  if (outcome != SQLITE_DONE) return std::unexpected(trouble());
  return all;
}

std::expected<std::vector<ErrorRow>, std::string> TutorRows::misses(const std::string& session_id) {
  if (auto prepared = prepare_tables(); !prepared) return std::unexpected(prepared.error());
  Statement select(database_.get(), "SELECT * FROM error_logs WHERE session_id = ?1 ORDER BY rowid", {session_id});
  std::vector<ErrorRow> all;
  int outcome = select.step();
  for (; outcome == SQLITE_ROW; outcome = select.step()) {
    ErrorRow row;
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = select.cell(static_cast<int>(i)).value_or("");
    all.push_back(std::move(row));
  }
  if (outcome != SQLITE_DONE) return std::unexpected(trouble());
  return all;
}

}  // namespace phalarope::hal
