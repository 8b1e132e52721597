// Any bytes as what the durable export reads: an address, a state file, a baseline table. Read or refused, never a
// crash; an address that is read can be read from what it says of itself, and what is shown holds no user.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "core/fleet/durable_record.hpp"
#include "core/fleet/export_settings.hpp"
#include "core/fleet/export_state.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::fleet;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (shown(text).find('@') < shown(text).find('/', shown(text).find("://") + 3)) std::abort();
  if (const auto settings = read_export_settings({.url = text})) {
    const ExportTarget& target = settings->target;
    if (target.kind == SinkKind::nats) {
      const auto again = read_export_settings({.url = target.server + "/" + target.stream});
      if (!again || again->target.server != target.server || again->target.stream != target.stream) std::abort();
    }
    if (target.kind == SinkKind::http) {
      const auto again = read_export_settings({.url = target.server});
      if (!again || again->target.server != target.server || !again->target.user.empty()) std::abort();
    }
  }
  if (const auto state = read_export_state(text)) {
    if (!read_export_state(to_json(*state))) std::abort();
  }
  if (const auto record = durable_record_of(std::as_bytes(std::span(data, size)))) {
    const DurableRecord clean = normalised(*record);
    if (normalised(clean) != clean) std::abort();
  }
  return 0;
}
