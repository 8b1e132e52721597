// The program's commands: each adds itself to the command line and runs when it was chosen.
//
// A command returns an exit code (console.hpp). Whatever a person types is judged here; the rooms below get values.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace phalarope::program {

/// Set by the chosen command's callback, run after the whole line was parsed.
using ChosenCommand = std::function<int()>;

/// `run` restarts the program with the heap of its board; it needs the words it was called with.
void note_arguments(char** argv);

void add_run(CLI::App& app, ChosenCommand& chosen);
void add_talk(CLI::App& app, ChosenCommand& chosen);
void add_demo(CLI::App& app, ChosenCommand& chosen);
void add_replay(CLI::App& app, ChosenCommand& chosen);
void add_fork(CLI::App& app, ChosenCommand& chosen);
void add_timeline(CLI::App& app, ChosenCommand& chosen);
void add_metrics(CLI::App& app, ChosenCommand& chosen);
void add_evidence(CLI::App& app, ChosenCommand& chosen);
void add_validate(CLI::App& app, ChosenCommand& chosen);
void add_validate_spec(CLI::App& app, ChosenCommand& chosen);
void add_abi(CLI::App& app, ChosenCommand& chosen);
void add_plan(CLI::App& app, ChosenCommand& chosen);
/// A subcommand of `plan`.
void add_plan_walk(CLI::App& plan, ChosenCommand& chosen);
void add_node(CLI::App& app, ChosenCommand& chosen);
void add_scenario(CLI::App& app, ChosenCommand& chosen);
void add_gates(CLI::App& app, ChosenCommand& chosen);
void add_regression(CLI::App& app, ChosenCommand& chosen);
void add_release(CLI::App& app, ChosenCommand& chosen);
void add_board(CLI::App& app, ChosenCommand& chosen);
void add_retention(CLI::App& app, ChosenCommand& chosen);
void add_doctor(CLI::App& app, ChosenCommand& chosen);
void add_bench(CLI::App& app, ChosenCommand& chosen);
void add_sim(CLI::App& app, ChosenCommand& chosen);
void add_chains(CLI::App& app, ChosenCommand& chosen);
void add_completion(CLI::App& app, ChosenCommand& chosen);
void add_manual(CLI::App& app, ChosenCommand& chosen);

}  // namespace phalarope::program
