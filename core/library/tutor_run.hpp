// TutorRun: one session of a voice tutor, as a pure function of what the learner says.
//
//   begin() ─▶ "..."          block 1 PRIME    speak a step, listen, speak the next; never graded
//   hear(words) ─▶ "..."      block 2 ...      CALIBRATE, RETRIEVE, OVERLEARN: ask an item, listen, score
//        │                       │ leave        gate ─ pass ─▶ next block
//        └ every deed is         ▼                   └ fail ─▶ failure actions in the chain's order, the gate again
//          an event          exit gate, three last questions, the ledger   ─▶ closed by name
//
//   stage      what a turn is                             leaves
//   PRIME      steps of the method, spoken                the artifacts that its outputs name
//   CALIBRATE  items, each with high, medium or low       the order of what was missed
//   ENCODE     steps                                      artifacts
//   REFERENCE  steps                                      artifacts; among them the targets of the recall
//   RETRIEVE   items without help                         a row for each miss
//   OVERLEARN  the items that were missed, once more      a fix for each row that is asked again
//
// In every step: "repeat", "skip", "pause", "go on", "finish", "I do not know". Invariants. (1) No recall before its
// gate has passed. (2) No gate passes silently: each judgement is an event. (3) A run closes once, by name, within
// tutor_steps_max turns. (4) Equal plan and equal words give equal sentences, rows and events: times of answers change
// a row's cell and nothing else. (5) First attempts count for the success rate, later ones do not. One thread; no
// clock. Contract: chain-library.md 11, 15.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/error_log.hpp"
#include "core/library/selector.hpp"
#include "core/library/topic_pack.hpp"
#include "core/library/validate.hpp"

namespace phalarope::library {

constexpr std::size_t tutor_steps_max = 96;
constexpr std::size_t tutor_blocks_max = 32;
constexpr int success_rate_percent_min = 80;

/// Everything a run depends on besides the words.
struct TutorPlan {
  std::shared_ptr<const Catalogue> catalogue;
  TopicPack topic;
  SelectorInput input;
  Selection selection;
  std::vector<std::string> items_first;  // missed last time: asked before the others
};

enum class Said : std::uint8_t { words, not_understood, nothing };
struct Heard {
  Said said = Said::words;
  std::string text;
  std::optional<std::int64_t> answer_ms;  // from the prompt's last sound to the answer's last
};

struct TutorEvent {
  std::string kind;    // chain.selected, chain.step_begin, chain.item, chain.gate, chain.action, ...
  std::string detail;  // `name value` in words
};

struct TutorReply {
  std::string text;
  bool over = false;
};

/// The stage of a miss in the log, and the fix it got.
struct TutorMiss {
  std::string item_id;
  ErrorRow row;
};

class TutorRun {
 public:
  explicit TutorRun(TutorPlan plan);

  TutorReply begin();
  TutorReply hear(const Heard& heard);

  const std::vector<TutorEvent>& events() const noexcept { return events_; }
  std::vector<ErrorRow> rows() const;
  const TutorPlan& plan() const noexcept { return plan_; }
  bool over() const noexcept { return phase_ == Phase::over; }
  /// `completed`, `stopped`, `gate_unsatisfied`, `step_limit`; empty while it runs.
  const std::string& closed_as() const noexcept { return closed_as_; }
  int asked() const noexcept { return asked_; }
  int right() const noexcept { return right_; }

 private:
  enum class Phase : std::uint8_t { step, item, confidence, exit_question, over };
  enum class Verdict : std::uint8_t { pass, fail, not_applicable };

  std::string enter_block();
  std::string next_in_block();
  std::string leave_block(bool skipped);
  std::string after_answer(const Heard& heard);
  std::string score(const Heard& heard);
  std::string finish_item(std::string feedback);
  std::string close(std::string reason, std::string sentence);
  std::string exit_or_actions();
  std::string ask_exit_question();
  std::string ledger() const;
  std::string filled(const std::string& action) const;

  Verdict judge(std::string_view gate);
  Verdict judged(std::string_view gate) const;
  bool is_listed(std::string_view gate) const;
  bool run_actions(std::string_view gate);
  bool inject_targets();
  bool substitute();
  bool targets_ready() const;
  bool later_block_has(std::string_view stage) const;
  bool chain_has(std::string_view stage) const;

  const Method& method() const;
  std::string stage_of(const std::string& method_id) const;
  bool scores() const;
  void choose_items();
  void tell(std::string kind, std::string detail) { events_.push_back({std::move(kind), std::move(detail)}); }
  void add_miss(const TopicItem& item, const Heard& heard);

  TutorPlan plan_;
  const Chain* chain_ = nullptr;
  std::vector<std::string> blocks_;
  std::size_t block_ = 0;
  std::size_t step_ = 0;                  // within the block
  std::size_t answered_ = 0;              // steps of the block that were answered
  std::vector<std::string> items_;        // of the block, in the order they are asked
  std::vector<std::string> artifacts_;    // made so far
  std::vector<std::string> done_blocks_;  // left with their artifacts
  std::vector<TutorMiss> misses_;
  std::vector<std::string> ever_asked_;
  std::vector<TutorEvent> events_;
  Phase phase_ = Phase::step;
  std::string last_prompt_;
  std::string closed_as_;
  Heard waiting_answer_;  // until its confidence is told
  bool paused_ = false;
  bool asked_again_ = false;
  bool dependency_fixed_ = false;
  bool substituted_ = false;
  std::size_t turns_ = 0;
  std::size_t exit_question_ = 0;
  int asked_ = 0;
  int right_ = 0;
  int calibrated_ = 0;
};

}  // namespace phalarope::library
