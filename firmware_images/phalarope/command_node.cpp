// phalarope node test PROGRAM: runs a node's program as a board would, without a board, and says what it did.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/engine/plan/plan_names.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/node_script.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "hal/audio/wav_file.hpp"
#include "hal/external/node_harness.hpp"
#include "hal/host/clock.hpp"
#include "hal/speech/recognise_clip.hpp"

namespace phalarope::program {
namespace {

struct NodeTestOptions {
  std::vector<std::string> command;
  std::vector<std::string> ask;
  std::vector<std::string> say;
  std::vector<std::string> hear;
  std::string script;
  std::int64_t repeat = 1;
  std::int64_t memory_mib = hal::external_memory_mib_default;
  std::int64_t timeout_ms = to_ms(hal::external_timeout_default);
  bool json = false;
};

/// More than anybody says in one answer (30 s), so that credit never holds a tested synthesiser up.
constexpr std::int64_t credit_frames = 1500;

struct StepOutcome {
  std::vector<std::string> texts;  // sentences, or what was recognised
  std::int64_t frames = 0;
  std::int64_t words = 0;
  bool done = false;
  hal::ExternalFault fault = hal::ExternalFault::none;
  Duration took{};
  std::string wrong;  // why the step failed; empty: it went as it should
};

void note_result(const hal::HarnessResult& result, StepOutcome& outcome) {
  const EventKind kind = result.event.kind;
  if (kind == EventKind::dialogue_sentence) outcome.texts.push_back(result.payload);
  if (kind == EventKind::synthesis_frame) ++outcome.frames;
  if (kind == EventKind::synthesis_word) ++outcome.words;
  if (kind == EventKind::synthesis_done || kind == EventKind::dialogue_done) outcome.done = true;
  if (const auto fault = hal::fault_of(result.event)) outcome.fault = *fault;
}

std::expected<void, std::string> hear(hal::NodeHarness& harness, const std::string& path, StepOutcome& outcome) {
  const auto utterance = static_cast<std::uint32_t>(harness.ticket());
  const auto sound = hal::load_audio_file(path);
  if (!sound) return std::unexpected(path + ": " + std::string(hal::sentence_of(sound.error().fault)));
  const std::uint64_t failed_before = harness.node().facts().calls_failed;
  const hal::ClipResult heard = hal::recognise_clip(harness.node(), sound->samples, false, utterance);
  if (!heard.text.empty()) outcome.texts.push_back(heard.text);
  outcome.done = heard.utterance_class != UtteranceClass::undecided;
  if (harness.node().facts().calls_failed != failed_before) outcome.fault = harness.node().facts().process.last_fault;
  return {};
}

std::string judge(const NodeTestStep& step, const StepOutcome& outcome) {
  const std::string_view fault = describe(outcome.fault).id;
  if (fault != step.expect_fault) {
    if (outcome.fault == hal::ExternalFault::none) return "it went well, but " + step.expect_fault + " was expected";
    return std::string(fault) + ": " + std::string(describe(outcome.fault).sentence);
  }
  if (!fault.empty() || step.cancel_after_ms > 0) return {};
  if (!outcome.done) return "no end of the answer came (dialogue_done, synthesis_done or a final recognition)";
  if (step.type == NodeType::synthesiser && outcome.frames == 0) return "no sound came";
  if (step.expect && *step.expect != outcome.texts) {
    return fmt::format("expected \"{}\", got \"{}\"", fmt::join(*step.expect, "\", \""),
                       fmt::join(outcome.texts, "\", \""));
  }
  if (step.within_ms > 0 && to_ms(outcome.took) > step.within_ms) {
    return fmt::format("took {} ms, allowed are {} ms", to_ms(outcome.took), step.within_ms);
  }
  return {};
}

StepOutcome run_step(hal::NodeHarness& harness, const NodeTestStep& step) {
  StepOutcome outcome;
  harness.next_turn();
  static_cast<void>(harness.ready(hal::child_start_wait_default));  // after a fault; not ready is told by the step
  std::thread canceller;
  if (step.cancel_after_ms > 0) {
    canceller = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(step.cancel_after_ms));
      harness.cancel();
    });
  }
  const std::uint64_t ignored_before = harness.node().facts().process.count(hal::ExternalFault::cancel_ignored);
  const Instant begun = hal::monotonic_now();
  std::vector<hal::HarnessResult> results;
  if (step.type == NodeType::recogniser) {
    if (const auto heard = hear(harness, step.said, outcome); !heard) outcome.wrong = heard.error();
  } else if (step.type == NodeType::synthesiser) {
    results = harness.send(EventKind::command_node_credit, {}, credit_frames);
    const auto more = harness.send(EventKind::command_synthesise, step.said, 0);
    results.insert(results.end(), more.begin(), more.end());
  } else {
    results = harness.send(EventKind::command_dialogue_ask, step.said);
  }
  outcome.took = hal::monotonic_now() - begun;
  if (canceller.joinable()) canceller.join();
  for (const hal::HarnessResult& result : results) note_result(result, outcome);
  // A call that ignored its cancel ends without a result; the keeper counts it a moment later.
  if (step.cancel_after_ms > 0 && outcome.took > milliseconds(step.cancel_after_ms) + hal::cancel_grace_default) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::uint64_t ignored = harness.node().facts().process.count(hal::ExternalFault::cancel_ignored);
    if (ignored != ignored_before) outcome.fault = hal::ExternalFault::cancel_ignored;
  }
  if (outcome.wrong.empty()) outcome.wrong = judge(step, outcome);
  return outcome;
}

std::string told(const StepOutcome& outcome) {
  std::string text = fmt::format("{}", fmt::join(outcome.texts, " | "));
  if (outcome.frames > 0) text += fmt::format("{} frames, {} words marked", outcome.frames, outcome.words);
  if (!outcome.wrong.empty()) text += (text.empty() ? "" : "; ") + outcome.wrong;
  return text;
}

nlohmann::ordered_json to_json(const NodeTestStep& step, const StepOutcome& outcome) {
  return {{"type", wire_name(step.type)},
          {"said", step.said},
          {"passed", outcome.wrong.empty()},
          {"texts", outcome.texts},
          {"frames", outcome.frames},
          {"words", outcome.words},
          {"fault", describe(outcome.fault).id},
          {"took_us", outcome.took.value / 1000},
          {"wrong", outcome.wrong}};
}

std::expected<std::vector<NodeTestStep>, std::string> steps_of(const NodeTestOptions& options) {
  std::vector<NodeTestStep> steps;
  if (!options.script.empty()) {
    auto script = load_node_script(options.script);
    if (!script) return script;
    steps = std::move(*script);
  }
  const auto add = [&steps](NodeType type, const std::vector<std::string>& all) {
    for (const std::string& said : all) {
      NodeTestStep step;
      step.type = type;
      step.said = said;
      steps.push_back(std::move(step));
    }
  };
  add(NodeType::dialogue, options.ask);
  add(NodeType::synthesiser, options.say);
  add(NodeType::recogniser, options.hear);
  return steps;
}

hal::ExternalNodeSettings settings_of(const NodeTestOptions& options, NodeType type) {
  hal::ExternalNodeSettings settings;
  settings.name = "node-under-test";
  settings.type = type;
  settings.child.command = options.command;
  std::string& program = settings.child.command.front();
  const auto installed = program.find('/') == std::string::npos ? find_node_program(program) : std::nullopt;
  program = installed ? *installed : std::filesystem::absolute(program).lexically_normal().string();
  settings.child.memory_mib = options.memory_mib;
  settings.limits.memory_mib_max = options.memory_mib;
  settings.limits.timeout = milliseconds(options.timeout_ms);
  // A script may fail the node on purpose, time after time.
  settings.restarts = {.restarts_max = 1'000, .regain_every = milliseconds(1), .backoff_first = {}, .backoff_max = {}};
  return settings;
}

int run_node_test(const NodeTestOptions& options) {
  const auto steps = steps_of(options);
  if (!steps) return complain(steps.error());
  const auto type = type_of(*steps);
  if (!type) return complain(type.error());
  hal::NodeHarness harness(settings_of(options, *type));
  if (const auto failure = harness.begin()) return complain(*failure, exit_no);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"", "step", "ms", "result"}};
  std::size_t failed = 0;
  for (std::int64_t round = 0; round < options.repeat; ++round) {
    for (const NodeTestStep& step : *steps) {
      const StepOutcome outcome = run_step(harness, step);
      failed += outcome.wrong.empty() ? 0U : 1U;
      if (options.json) list.push_back(to_json(step, outcome));
      rows.push_back({outcome.wrong.empty() ? "ok" : "FAILED", step.said,
                      fmt::format("{:.1f}", static_cast<double>(outcome.took.value) / 1e6), told(outcome)});
    }
  }
  const hal::ExternalNodeFacts facts = harness.node().facts();
  if (options.json) {
    const nlohmann::ordered_json answer = {{"passed", failed == 0},
                                           {"failed", failed},
                                           {"starts", facts.process.starts},
                                           {"late_results", facts.late_results},
                                           {"steps", std::move(list)}};
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}\n{} steps, {} failed; the program was started {} times\n", table(rows), rows.size() - 1, failed,
               facts.process.starts);
  }
  return failed == 0 ? exit_done : exit_no;
}

}  // namespace

void add_node(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<NodeTestOptions>();
  CLI::App* command = app.add_subcommand("node", "Work with nodes that are programs of their own");
  command->require_subcommand(1);
  CLI::App* test = command->add_subcommand("test", "Run a node's program under a board's limits, checks and time-outs");
  test->footer(
      "Example: phalarope node test --ask \"hello\" ./my_node\n"
      "         phalarope node test --script script.yaml -- ./my_node --its-own option\n"
      "Each step is a turn; hal/external/sdk/README.md tells the script's fields.\n"
      "Exit code: 0 all went as expected, 1 something did not, 2 bad call");
  test->add_option("command", options->command, "The program, and after -- its arguments")->required();
  test->add_option("--ask", options->ask, "A question to a dialogue")->allow_extra_args(false);
  test->add_option("--say", options->say, "A sentence for a synthesiser")->allow_extra_args(false);
  test->add_option("--hear", options->hear, "A WAV or raw file for a recogniser")->allow_extra_args(false);
  test->add_option("--script", options->script, "Steps and what is expected of them (node-test/v1)");
  test->add_option("--repeat", options->repeat, "All steps so many times")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  test->add_option("--memory-mib", options->memory_mib, "Its limit on memory")->capture_default_str();
  test->add_option("--timeout-ms", options->timeout_ms, "Its time-out without progress")->capture_default_str();
  test->add_flag("--json", options->json, "One JSON object");
  test->callback([options, &chosen] { chosen = [options] { return run_node_test(*options); }; });
}

}  // namespace phalarope::program
