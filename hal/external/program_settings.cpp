#include "hal/external/program_settings.hpp"

namespace phalarope::hal {

ExternalNodeSettings settings_of(const spec::ExternalProgram& program, const ExternalLimits& board) {
  ExternalNodeSettings settings;
  settings.name = program.node.view();
  settings.type = program.type;
  settings.child = {.command = program.command,
                    .environment = program.environment,
                    .memory_mib = program.memory_mib,
                    .cpu_seconds = program.cpu_seconds,
                    .files_max = program.files,
                    .processes_max = program.processes};
  settings.cpu_units = program.cpu_units;
  settings.limits = board;
  settings.limits.timeout = milliseconds(program.progress_ms);
  settings.hook_timeout = milliseconds(program.hook_ms);
  settings.start_wait = milliseconds(program.start_ms);
  settings.cancel_grace = milliseconds(program.cancel_grace_ms);
  settings.call_max = milliseconds(program.call_max_ms);
  settings.restarts.restarts_max = program.restarts_in_a_row_max;
  settings.restarts.regain_every = milliseconds(program.restart_regain_ms);
  return settings;
}

}  // namespace phalarope::hal
