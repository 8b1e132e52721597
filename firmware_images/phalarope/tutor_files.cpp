#include "firmware_images/phalarope/tutor_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/engine/base/sha256.hpp"
#include "core/spec/document.hpp"
#include "firmware_images/phalarope/library_directory.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "firmware_images/phalarope/tutor_dialogue.hpp"
#include "hal/speech/intents_dialogue.hpp"
#include "hal/speech/sentence_splitter.hpp"
#include "hal/store/tutor_rows.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;

constexpr int sessions_max = 9999;
/// As the node cuts its answers (tutor_dialogue.cpp).
constexpr std::size_t first_clause_words_max = 12;

std::expected<std::string, std::string> text_at(const fs::path& path) {
  spec::Diagnostics trouble;
  std::string text = spec::read_text_file(path.string(), trouble);
  if (!trouble.empty()) return std::unexpected(spec::to_string(trouble));
  return text;
}

std::expected<std::vector<library::TopicPack>, std::string> read_topics(const std::string& directory,
                                                                        std::string& bytes) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<library::TopicPack> topics;
  std::string complaints;
  for (const fs::path& path : paths) {
    const auto text = text_at(path);
    if (!text) return std::unexpected(text.error());
    bytes += path.filename().string() + '\0' + *text + '\0';
    auto topic = library::parse_topic(*text, path.string());
    if (topic) {
      topics.push_back(std::move(*topic));
    } else {
      complaints += topic.error();
    }
  }
  if (!complaints.empty()) return std::unexpected(complaints);
  if (topics.empty())
    return std::unexpected("`" + directory + "` holds no topic; put a *.yaml into it, as in conf/topics");
  return topics;
}

std::expected<std::vector<library::ErrorRow>, std::string> log_at(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::vector<library::ErrorRow>{};
  const auto text = text_at(path);
  if (!text) return std::unexpected(text.error());
  auto rows = library::read_error_log(*text);
  if (rows) return std::move(*rows);
  return std::unexpected(
      fmt::format("{}:{}: {}; mend the file or move it away", path, rows.error().line, rows.error().what));
}

std::string log_text(const std::vector<library::ErrorRow>& rows) {
  std::string text = library::error_log_header();
  for (const library::ErrorRow& row : rows) text += library::error_log_line(row);
  return text;
}

/// How often each topic was had before, from the plans of the sessions that came to their end.
std::map<std::string, int> earlier_sessions(const fs::path& sessions) {
  std::map<std::string, int> earlier;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(sessions, error)) {
    const auto text = text_at(entry.path() / "outcome.json");
    const auto outcome = nlohmann::json::parse(text.value_or(""), nullptr, false);
    if (outcome.is_object() && outcome.value("topic", "") != "") ++earlier[outcome.value("topic", "")];
  }
  return earlier;
}

std::string joined_sentences(const replay::TurnLog& turn) {
  std::string text;
  for (const replay::AnswerSentence& sentence : turn.sentences) text += (text.empty() ? "" : " ") + sentence.text;
  return text;
}

std::string as_spoken(const std::string& reply) {
  std::string text;
  std::size_t given = 0;
  for (const std::string& sentence : hal::split_sentences(reply, first_clause_words_max)) {
    if (given++ >= hal::answer_sentences_limit) break;
    text += (text.empty() ? "" : " ") + sentence;
  }
  return text;
}

}  // namespace

std::expected<TutorBooks, std::string> open_books(const TutorChoice& choice) {
  const auto directory = library_path(choice.library);
  if (!directory) return std::unexpected(directory.error());
  const library::LibraryFiles files = read_library_directory(*directory);
  library::Validation verdict = library::validate(files, library::stated_contract(files), true);
  if (!verdict.passes()) {
    const library::Finding& first = verdict.errors.front();
    return std::unexpected(fmt::format("{}/{}:{}: {}: {}; {} faults in all, run: phalarope chains validate --strict",
                                       *directory, first.file, first.line, first.code, first.message,
                                       verdict.errors.size()));
  }
  auto selector = library::SelectorCatalogue::read(files);
  if (!selector) return std::unexpected(std::string(row_of(selector.error()).sentence));
  std::string topics_directory = choice.topics;
  if (topics_directory.empty()) topics_directory = find_resource("conf/topics").value_or("conf/topics");
  std::string bytes = library_digest(files);
  auto topics = read_topics(topics_directory, bytes);
  if (!topics) return std::unexpected(topics.error());
  const Sha256Hex digest = to_hex(sha256(bytes));
  return TutorBooks{.material = {.catalogue = std::make_shared<const library::Catalogue>(std::move(verdict.catalogue)),
                                 .selector = std::move(*selector),
                                 .topics = std::move(*topics)},
                    .digest = std::string(digest.begin(), digest.end())};
}

std::expected<TutorFolder, std::string> begin_folder(const std::string& state, const TutorChoice& choice,
                                                     const TutorBooks& books, library::TutorMemory& memory) {
  const fs::path sessions = fs::path(state) / "sessions";
  std::error_code error;
  fs::create_directories(sessions, error);
  TutorFolder folder;
  for (int number = 1; number <= sessions_max && folder.session.empty(); ++number) {
    const fs::path path = sessions / fmt::format("{:04}", number);
    if (fs::create_directory(path, error)) folder.session = path.string();
  }
  if (folder.session.empty()) return std::unexpected("no session folder can be made in `" + sessions.string() + "`");
  folder.recording = (fs::path(folder.session) / "recording").string();
  folder.error_log = (fs::path(state) / "ErrorLog.csv").string();
  folder.rows = (fs::path(state) / "tutor.sqlite").string();
  auto rows = log_at(folder.error_log);
  if (!rows) return std::unexpected(rows.error());
  memory.error_log = std::move(*rows);
  memory.earlier_sessions = earlier_sessions(sessions);
  memory.minutes = choice.minutes;
  memory.energy = choice.energy;
  memory.policy = choice.policy == "v2.0" ? library::Policy::router_v2 : library::Policy::scored_v1;
  const nlohmann::ordered_json plan = {{"minutes", memory.minutes},
                                       {"energy", memory.energy},
                                       {"policy", library::policy_name(memory.policy)},
                                       {"earlier_sessions", memory.earlier_sessions},
                                       {"digest", books.digest}};
  if (auto written = write_text_file(folder.session + "/plan.json", plan.dump(2) + "\n"); !written) {
    return std::unexpected(written.error());
  }
  if (auto written = write_text_file(folder.session + "/before.csv", log_text(memory.error_log)); !written) {
    return std::unexpected(written.error());
  }
  return folder;
}

std::expected<library::TutorMemory, std::string> memory_of(const std::string& session, const TutorBooks& books) {
  const std::string path = session + "/plan.json";
  const auto text = text_at(path);
  if (!text) return std::unexpected(text.error());
  const auto plan = nlohmann::json::parse(*text, nullptr, false);
  library::TutorMemory memory;
  try {
    memory.minutes = plan.at("minutes").get<std::int64_t>();
    memory.energy = plan.at("energy").get<std::string>();
    memory.policy = plan.at("policy") == "v2.0" ? library::Policy::router_v2 : library::Policy::scored_v1;
    memory.earlier_sessions = plan.at("earlier_sessions").get<std::map<std::string, int>>();
    if (plan.at("digest") != books.digest) {
      return std::unexpected("library or topics have changed since the session; give the ones it was held with");
    }
  } catch (const nlohmann::json::exception& error) {
    return std::unexpected(path + ": " + error.what());
  }
  auto rows = log_at(session + "/before.csv");
  if (!rows) return std::unexpected(rows.error());
  memory.error_log = std::move(*rows);
  return memory;
}

RetoldSession retell(const replay::ConversationLog& log, const TutorBooks& books, const library::TutorMemory& memory) {
  RetoldSession retold;
  retold.session = std::make_shared<library::TutorSession>(books.material, memory);
  std::optional<std::int64_t> prompt_ended_ns;
  for (const replay::TurnLog& turn : log.turns) {
    auto heard = heard_by_tutor(turn.utterance_class.value_or(UtteranceClass::empty), turn.user_words);
    if (heard) {
      if (prompt_ended_ns && turn.speech_ended_ns) {
        heard->answer_ms = (*turn.speech_ended_ns - *prompt_ended_ns) / ns_per_ms;
      }
      const std::string again = as_spoken(retold.session->hear(*heard).text);
      const std::string recorded = joined_sentences(turn);
      retold.sentences += turn.sentences.size();
      // An answer that was interrupted was not given to its end.
      const bool same = again == recorded || (turn.terminal == EventKind::abort && again.starts_with(recorded));
      if (!same) {
        retold.differences.push_back(fmt::format("turn {}: recorded `{}`, again `{}`", turn.number, recorded, again));
      }
    }
    for (const replay::TimeSpan& span : turn.spans) {
      if (span.kind == replay::SpanKind::speaking) prompt_ended_ns = span.end_ns;
    }
  }
  return retold;
}

std::expected<void, std::string> add_to_error_log(const std::string& path, const std::vector<library::ErrorRow>& rows) {
  auto all = log_at(path);
  if (!all) return std::unexpected(all.error());
  all->insert(all->end(), rows.begin(), rows.end());
  return write_text_file(path, log_text(*all));
}

std::expected<void, std::string> keep_rows(const TutorFolder& folder, const library::TutorRun& run,
                                           const std::string& started_at, const std::string& ended_at) {
  auto rows = hal::TutorRows::open(folder.rows);
  if (!rows) return std::unexpected(rows.error());
  library::SessionRequest request;
  request.session_id = fs::path(folder.session).filename().string();
  request.topic = run.plan().topic.id;
  auto done = (*rows)->create(request, library::columns_of(run.plan().selection), started_at);
  for (const library::ErrorRow& row : run.rows()) {
    if (done) done = (*rows)->add_miss(request.session_id, row, ended_at);
  }
  if (done) done = (*rows)->end(request.session_id, ended_at);
  return done;
}

}  // namespace phalarope::program
