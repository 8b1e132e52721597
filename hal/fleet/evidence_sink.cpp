#include "hal/fleet/evidence_sink.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "core/telemetry/correlation.hpp"
#include "hal/fleet/http_sink.hpp"
#include "hal/fleet/nats_sink.hpp"

namespace phalarope::hal {

Result<std::string, std::string> read_token(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file) {
    return std::unexpected("the token file `" + path + "` cannot be read (" + std::strerror(errno) +
                           "); check its path and permissions");
  }
  std::getline(file, line);
  std::string token(telemetry::trimmed(line));
  for (const char c : token) {
    if (c <= ' ' || c > '~') return std::unexpected("the token file `" + path + "` holds more than a token");
  }
  if (token.empty()) return std::unexpected("the token file `" + path + "` has an empty first line");
  return token;
}

Result<std::unique_ptr<EvidenceSink>, std::string> make_sink(const fleet::ExportSettings& settings) {
  std::string token;
  if (!settings.token_file.empty()) {
    auto read = read_token(settings.token_file);
    if (!read) return std::unexpected(std::move(read.error()));
    token = std::move(*read);
  }
  for (const std::string* const path :
       {&settings.ca_file, &settings.certificate_file, &settings.key_file, &settings.credentials_file}) {
    if (!path->empty() && !std::ifstream(*path))
      return std::unexpected("`" + *path + "` cannot be read; check its path and permissions");
  }
  switch (settings.target.kind) {
    case fleet::SinkKind::none:
      return std::make_unique<DiscardSink>();
    case fleet::SinkKind::http:
      return std::make_unique<HttpSink>(settings, std::move(token));
    case fleet::SinkKind::nats:
      return std::make_unique<NatsSink>(settings, std::move(token));
  }
  return std::unexpected("unknown kind of sink");
}

}  // namespace phalarope::hal
