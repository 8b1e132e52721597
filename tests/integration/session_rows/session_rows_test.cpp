// A tutor's sessions as rows of a real SQLite file: the four columns, their copies, old files, and selectors that fail.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include "hal/store/tutor_rows.hpp"
#include "tests/unit/library/small_library.hpp"

namespace phalarope::hal {
namespace {

namespace fs = std::filesystem;
using namespace library;

class SessionRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = (fs::temp_directory_path() / (std::string("phalarope-rows-") + test->name() + std::to_string(getpid())))
                .string();
    remove();
  }
  void TearDown() override { remove(); }

  void remove() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path_ + suffix);
  }
  void by_hand(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  std::unique_ptr<TutorRows> rows() {
    auto opened = TutorRows::open(path_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error());
    return std::move(*opened);
  }

  std::string path_;
};

SessionRequest request(const std::string& id) {
  SessionRequest made;
  made.session_id = id;
  made.topic = "first-aid";
  made.assessment_mode = "definition";
  return made;
}

// contract: CL-B7
TEST_F(SessionRowsTest, FourColumnsComeWithTheInsertAndTwoAreCopiedAtTheEnd) {
  const auto catalogue = SelectorCatalogue::read(shipped_library());
  const auto store = rows();
  const auto selector = selection_for(request("s1"), catalogue, Policy::scored_v1);
  ASSERT_TRUE(selector);
  ASSERT_TRUE(store->create(request("s1"), selector, "2026-01-01T00:00:00Z"));
  const auto audited = store->audit();
  ASSERT_TRUE(audited && audited->size() == 1 && audited->front().selector);
  EXPECT_EQ(audited->front().selector->chain_id, "C-VE-001");
  EXPECT_EQ(audited->front().selector->score_json, "[1,1,10000,0,0]");
  EXPECT_EQ(audited->front().selector->policy_version, "v1.0");
  EXPECT_FALSE(audited->front().selector->dependency_fix);
  ASSERT_TRUE(store->end("s1", "2026-01-01T00:20:00Z"));
  const auto history = store->history();
  ASSERT_TRUE(history && history->size() == 1);
  EXPECT_EQ(history->front().selector_chain_id, "C-VE-001");
  EXPECT_EQ(history->front().selector_policy_version, "v1.0");
  EXPECT_FALSE(store->end("s1", "again"));
  EXPECT_FALSE(store->end("nobody", "x"));
  EXPECT_EQ(store->history()->size(), 1U);
}

// contract: CL-B7
TEST_F(SessionRowsTest, NoSelectorFaultKeepsASessionFromStarting) {
  LibraryFiles empty;
  empty.has_chains = true;
  const auto store = rows();
  ASSERT_TRUE(store->create(request("s1"),
                            selection_for(request("s1"), SelectorCatalogue::read(empty), Policy::scored_v1), "t"));
  ASSERT_TRUE(store->create(
      request("s2"), selection_for(request("s2"), SelectorCatalogue::read(LibraryFiles{}), Policy::scored_v1), "t"));
  SessionRequest by_hand_chosen = request("s3");
  by_hand_chosen.chain_id = "C-FE-001";
  const auto catalogue = SelectorCatalogue::read(shipped_library());
  EXPECT_FALSE(selection_for(by_hand_chosen, catalogue, Policy::scored_v1));
  SessionRequest without_mode = request("s4");
  without_mode.assessment_mode.clear();
  EXPECT_FALSE(selection_for(without_mode, catalogue, Policy::scored_v1));
  const auto live = store->live();
  ASSERT_TRUE(live && live->size() == 2);
  for (const SessionView& view : *live) EXPECT_FALSE(view.selector_chain_id || view.selector_policy_version);
  const auto audited = store->audit();
  ASSERT_TRUE(audited && audited->size() == 2);
  for (const AuditedSession& session : *audited) EXPECT_FALSE(session.selector);
}

// contract: CL-B7
TEST_F(SessionRowsTest, ThePhaseIsTheStageWhenItIsOne) {
  const auto catalogue = SelectorCatalogue::read(shipped_library());
  SessionRequest asked = request("s");
  asked.phase = "exam_prep";
  EXPECT_EQ(selection_for(asked, catalogue, Policy::scored_v1)->chain_id, "C-EP-001");
  asked.phase = "warming up";
  EXPECT_EQ(selection_for(asked, catalogue, Policy::scored_v1)->chain_id, "C-VE-001");
  asked.stage = "review";
  EXPECT_EQ(selection_for(asked, catalogue, Policy::scored_v1)->chain_id, "C-RS-001");
}

// contract: CL-B7
TEST_F(SessionRowsTest, AnOldFileIsMigratedAndItsRowsKeepNull) {
  by_hand(
      "CREATE TABLE tutor_sessions (session_id TEXT PRIMARY KEY, topic TEXT, status TEXT, started_at TEXT, "
      "selector_chain_id TEXT);"
      "CREATE TABLE sessions (id INTEGER PRIMARY KEY, session_id TEXT, topic TEXT, started_at TEXT, ended_at TEXT);"
      "INSERT INTO tutor_sessions VALUES ('old', 't', 'live', 'x', NULL);");
  const auto store = rows();
  ASSERT_TRUE(store->end("old", "y"));
  EXPECT_FALSE(store->history()->front().selector_chain_id);
  // The file changes under the open store: the columns are looked at again.
  by_hand(
      "DROP TABLE tutor_sessions; CREATE TABLE tutor_sessions (session_id TEXT PRIMARY KEY, topic TEXT, status TEXT, "
      "started_at TEXT);");
  EXPECT_TRUE(store->create(request("new"), SelectorColumns{"C-FE-001", "[1]", "v1.0", true}, "z"));
  EXPECT_TRUE(store->audit()->front().selector->dependency_fix);
}

// contract: CL-B6
TEST_F(SessionRowsTest, MissesAreKeptAndWhatIsNoErrorTypeIsRefused) {
  const auto store = rows();
  ErrorRow row{"t", "i", "Recall", "retrieve", "H", "2.5", "NONE", "procedure", "C-QF-001", "low", "new", "v1.0", "0"};
  ASSERT_TRUE(store->add_miss("s1", row, "t"));
  at(row, ErrorColumn::confidence).clear();
  ASSERT_TRUE(store->add_miss("s1", row, "t"));
  at(row, ErrorColumn::error_type) = "Bad luck";
  EXPECT_FALSE(store->add_miss("s1", row, "t"));
  const auto misses = store->misses("s1");
  ASSERT_TRUE(misses && misses->size() == 2);
  EXPECT_EQ(at(misses->at(0), ErrorColumn::time_to_answer), "2.5");
  EXPECT_EQ(at(misses->at(1), ErrorColumn::confidence), "");
}

TEST_F(SessionRowsTest, AFileThatIsNoDatabaseIsNamed) {
  std::ofstream(path_) << "this is a text and no database, long enough to be looked at as a page of one";
  const auto opened = TutorRows::open(path_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find(path_), std::string::npos);
}

}  // namespace
}  // namespace phalarope::hal
