// The program `phalarope`: one command line, one command, one exit code.
#include <csignal>
#include <cstdio>
#include <new>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/process_memory.hpp"

namespace phalarope::program {
namespace {

int parse_and_run(int argc, char** argv) {
  take_process_memory();
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on files is an error of the write, not the end of the process
  note_arguments(argv);
  CLI::App app{"Phalarope: a real-time turn engine for voice"};
  app.set_version_flag("--version", std::string("phalarope ") + PHALAROPE_VERSION);
  app.require_subcommand(1);
  app.footer("Start with: phalarope demo");
  ChosenCommand chosen;
  for (const auto add : {add_demo,     add_talk,     add_run,           add_replay,     add_timeline, add_metrics,
                         add_evidence, add_validate, add_validate_spec, add_abi,        add_plan,     add_node,
                         add_scenario, add_gates,    add_release,       add_regression, add_board,    add_retention,
                         add_doctor,   add_bench,    add_sim,           add_completion, add_manual}) {
    add(app, chosen);
  }
  add_chains(app, chosen);
  add_fork(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? exit_done : exit_usage;
  }
  return chosen();
}

int run(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::bad_alloc&) {
    return complain("out of memory; raise memory.heap_mib of the board profile, or set PHALAROPE_HEAP_MIB");
  } catch (const std::exception& error) {
    return complain(std::string("unexpected: ") + error.what() + "; please report it with the command you gave");
  }
}

}  // namespace
}  // namespace phalarope::program

int main(int argc, char** argv) { return phalarope::program::run(argc, argv); }
