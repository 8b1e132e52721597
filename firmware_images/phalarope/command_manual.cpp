// phalarope manual: the manual page phalarope(1), made from the command line itself (man 7 man).
//
// Hidden from the help: the package's build calls it. Each command is a subsection with its sentence, usage, options
// and the examples of its footer; what no command says (files, variables, exit codes) stands here, once.
#include <fmt/format.h>

#include "firmware_images/phalarope/command_tree.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

/// Text that troff takes as it stands: a hyphen stays a hyphen, and no line begins as a request.
std::string plain(std::string_view text) {
  std::string escaped;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) escaped += "\\&";
    line_begins = c == '\n';
    if (c == '-') {
      escaped += "\\-";
    } else if (c == '\\') {
      escaped += "\\e";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string option_entry(const CLI::Option& option) {
  std::string names;
  if (option.get_positional()) {
    names = "\\fI" + plain(option.get_single_name()) + "\\fR";
  } else {
    for (const std::string& name : option.get_snames())
      names += (names.empty() ? "" : ", ") + ("\\fB" + plain("-" + name) + "\\fR");
    for (const std::string& name : option.get_lnames())
      names += (names.empty() ? "" : ", ") + ("\\fB" + plain("--" + name) + "\\fR");
  }
  const std::string values = CLI::Formatter().make_option_opts(&option);
  return fmt::format(".TP\n{}{}\n{}\n", names, plain(values), plain(option.get_description()));
}

std::string usage_of(const std::string& path, const CLI::App& command) {
  std::string usage = "\\fBphalarope" + (path.empty() ? "" : " " + plain(path)) + "\\fR";
  for (const CLI::Option* const option : shown_options(command)) {
    if (!option->get_positional()) continue;
    const std::string name = "\\fI" + plain(option->get_single_name()) + "\\fR";
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  if (command.get_options().size() > 1) usage += " [\\fIoptions\\fR]";
  return usage;
}

std::string command_section(const std::string& path, const CLI::App& command) {
  std::string section =
      fmt::format(".SS {}\n{}.\n.PP\n{}\n", plain(path), plain(command.get_description()), usage_of(path, command));
  for (const CLI::Option* const option : shown_options(command)) {
    if (option->get_lnames() != std::vector<std::string>{"help"}) section += option_entry(*option);
  }
  if (!command.get_footer().empty()) section += fmt::format(".PP\n.nf\n{}\n.fi\n", plain(command.get_footer()));
  return section;
}

constexpr std::string_view manual_begin = R"(.\" Made by `phalarope manual`; do not edit.
.TH PHALAROPE 1 "" "phalarope {}" "User Commands"
.SH NAME
phalarope \- a real\-time turn engine for voice
.SH SYNOPSIS
.B phalarope
.I command
.RI [ options ]
.SH DESCRIPTION
Phalarope listens, decides whose turn it is, runs the speech pipeline of that turn, speaks, falls silent the moment
it is interrupted, and leaves evidence from which any turn can be replayed bit for bit.
Start with
.BR "phalarope demo" ,
which needs neither microphone nor network.
.SH COMMANDS
Every command knows
.BR \-\-help .
)";

constexpr std::string_view manual_end = R"(.SH EXIT STATUS
.TP
.B 0
Done, and all is well.
.TP
.B 1
The answer is no: invalid, different, damaged, not ready.
.TP
.B 2
The command cannot be carried out; the sentence on standard error says what, where and what to do.
.SH FILES
.TP
.I /etc/phalarope/phalarope.yaml
Settings of the service;
.I conf.d/*.yaml
beside it are read after it, in the order of their names.
.TP
.I /etc/phalarope/pipeline.yaml\fR, \fI/etc/phalarope/intents.yaml
The pipeline of a turn, and what the board understands.
.TP
.I /var/lib/phalarope
Recordings.
.TP
.I /usr/share/phalarope
Board profiles, examples, schemas.
.SH ENVIRONMENT
Each setting is also a variable:
.I recording.level
is
.BR PHALAROPE_RECORDING_LEVEL .
.TP
.B PHALAROPE_SHARE
Where to look first for what the program was shipped with.
.TP
.B PHALAROPE_MODELS
The recogniser's models.
.TP
.B PHALAROPE_SPEECH_CLIPS
The recorded speech of the demo.
.TP
.B PHALAROPE_HEAP_MIB
Size of the one region that the process may allocate from.
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1);
the unit is
.IR phalarope.service .
)";

int print_manual(const CLI::App& app) {
  fmt::print(fmt::runtime(manual_begin), PHALAROPE_VERSION);
  walk_commands(app, [](const std::string& path, const CLI::App& command) {
    if (!path.empty()) fmt::print("{}", command_section(path, command));
  });
  fmt::print("{}", manual_end);
  return exit_done;
}

}  // namespace

void add_manual(CLI::App& app, ChosenCommand& chosen) {
  CLI::App* command = app.add_subcommand("manual", "Print the manual page phalarope(1)");
  command->group("");
  command->callback([&app, &chosen] { chosen = [&app] { return print_manual(app); }; });
}

}  // namespace phalarope::program
