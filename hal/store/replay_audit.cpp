#include "hal/store/replay_audit.hpp"

#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <cwchar>
#include <cwctype>
#include <filesystem>
#include <utility>

#include "core/engine/base/sha256.hpp"
#include "core/spec/strict_json.hpp"
#include "core/spec/utf8.hpp"
#include "hal/external/owned_fd.hpp"

namespace phalarope::hal {
namespace {

using spec::JsonValue;

constexpr std::size_t tenant_hash_digits = 8;
constexpr std::string_view audit_suffix = ".replay-audit.jsonl";

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::vector<JsonValue> texts_json(const std::vector<std::string>& texts) {
  std::vector<JsonValue> items;
  for (const std::string& text : texts) items.push_back(spec::json_text("", text));
  return items;
}

JsonValue request_json(const control::AccessRequest& request) {
  std::vector<JsonValue> members = {spec::json_text("tenant_id", request.tenant_id),
                                    spec::json_text("principal_id", request.principal_id),
                                    spec::json_text("role", request.role),
                                    spec::json_text("purpose", request.purpose),
                                    spec::json_text("requested_scope", request.requested_scope),
                                    spec::json_text("requested_fidelity", request.requested_fidelity)};
  if (!request.requested_classes.empty())
    members.push_back(spec::json_list("requested_classes", texts_json(request.requested_classes)));
  return spec::json_object("request", std::move(members));
}

JsonValue decision_json(const control::AccessDecision& decision) {
  std::vector<JsonValue> members = {spec::json_boolean("allowed", decision.allowed)};
  if (!decision.deny_reason.empty()) members.push_back(spec::json_text("deny_reason", decision.deny_reason));
  std::vector<JsonValue> markers;
  for (const control::RedactionMarker& marker : decision.redaction_markers) {
    markers.push_back(
        spec::json_object("", {spec::json_text("payload_class", std::string(control::name_of(marker.payload_class))),
                               spec::json_text("action", std::string(control::name_of(marker.action))),
                               spec::json_text("reason", marker.reason)}));
  }
  if (!markers.empty()) members.push_back(spec::json_list("redaction_markers", std::move(markers)));
  return spec::json_object("decision", std::move(members));
}

/// A letter or digit of any script, `-` or `_`, in UTF-8.
bool stays_in_a_name(std::string_view character) {
  if (character == "-" || character == "_") return true;
  static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (character.size() == 1) return std::isalnum(static_cast<unsigned char>(character.front())) != 0;
  if (unicode == nullptr) return false;
  const locale_t before = ::uselocale(unicode);
  wchar_t rune = 0;
  std::mbstate_t state{};
  const std::size_t used = std::mbrtowc(&rune, character.data(), character.size(), &state);
  const bool stays = used == character.size() && std::iswalnum(static_cast<wint_t>(rune)) != 0;
  ::uselocale(before);
  return stays;
}

class FileSink final : public ReplayAuditSink {
 public:
  explicit FileSink(std::string root) : root_(std::move(root)) {}

  std::string append(const std::string& tenant_id, const std::string& line) override {
    const auto name = audit_file_name(tenant_id);
    if (!name) return name.error();
    std::error_code error;
    std::filesystem::create_directories(root_, error);
    const std::string path = root_ + "/" + *name;
    const OwnedFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) return refused(path);
    const std::string whole = line + "\n";
    // One write: lines of two programs do not mix.
    ssize_t written;
    do {
      written = ::write(file.get(), whole.data(), whole.size());
    } while (written < 0 && errno == EINTR);
    if (written < 0) return refused(path);
    if (static_cast<std::size_t>(written) != whole.size()) return "`" + path + "`: the disk is full";
    return ::fdatasync(file.get()) == 0 ? std::string() : refused(path);
  }

 private:
  static std::string refused(const std::string& path) { return "`" + path + "`: " + std::strerror(errno); }

  std::string root_;
};

class HttpSink final : public ReplayAuditSink {
 public:
  explicit HttpSink(HttpEndpoints endpoints) : endpoints_(std::move(endpoints)) {}

  std::string append(const std::string& tenant_id, const std::string& line) override {
    HttpCall call;
    call.method = "POST";
    call.body = line;
    if (!is_blank(tenant_id)) call.headers.push_back("X-Phalarope-Tenant-ID: " + tenant_id);
    const auto answer =
        ask_endpoints(endpoints_, std::move(call), [](int status) { return status >= 200 && status < 300; });
    return answer ? std::string() : answer.error().endpoint + ": " + answer.error().what;
  }

 private:
  HttpEndpoints endpoints_;
};

/// No backend resolves: nothing is ever written, and whoever asks learns why.
class NoSink final : public ReplayAuditSink {
 public:
  explicit NoSink(std::string why) : why_(std::move(why)) {}
  std::string append(const std::string&, const std::string&) override { return why_; }

 private:
  std::string why_;
};

/// The second is asked when the first could not; both together fail with the first's words.
class EitherSink final : public ReplayAuditSink {
 public:
  EitherSink(std::unique_ptr<ReplayAuditSink> first, std::unique_ptr<ReplayAuditSink> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  std::string append(const std::string& tenant_id, const std::string& line) override {
    const std::string failed = first_->append(tenant_id, line);
    if (failed.empty()) return failed;
    const std::string also_failed = second_->append(tenant_id, line);
    return also_failed.empty() ? also_failed : failed + "; " + also_failed;
  }

 private:
  std::unique_ptr<ReplayAuditSink> first_;
  std::unique_ptr<ReplayAuditSink> second_;
};

}  // namespace

Result<std::string, std::string> audit_line(const ReplayAuditEvent& event) {
  if (event.timestamp_ms < 0) return refuse(std::string("timestamp_ms must not be negative"));
  if (const auto problem = control::problem_of(event.request)) return refuse(*problem);
  if (const auto problem = control::problem_of(event.decision)) return refuse(*problem);
  std::string line;
  spec::append_json(line, spec::json_object("", {spec::json_integer("timestamp_ms", event.timestamp_ms),
                                                 request_json(event.request), decision_json(event.decision)}));
  return line;
}

Result<std::string, std::string> audit_file_name(const std::string& tenant_id) {
  if (is_blank(tenant_id)) return refuse(std::string("the tenant is blank"));
  std::string name;
  for (std::string_view rest = tenant_id; !rest.empty();) {
    const std::size_t bytes = std::max<std::size_t>(spec::utf8_character_bytes(rest), 1);
    const std::string_view character = rest.substr(0, bytes);
    name += stays_in_a_name(character) ? std::string(character) : "_";
    rest.remove_prefix(bytes);
  }
  const std::size_t first = name.find_first_not_of('_');
  if (first == std::string::npos) return refuse("no file can be named after tenant `" + tenant_id + "`");
  name = name.substr(first, name.find_last_not_of('_') - first + 1);
  if (name != tenant_id) {
    const Sha256Hex hex = to_hex(sha256(std::string_view(tenant_id)));
    name += "-" + std::string(hex.data(), tenant_hash_digits);
  }
  return name + std::string(audit_suffix);
}

Result<std::unique_ptr<ReplayAuditSink>, std::string> file_audit_sink(const std::string& root) {
  if (is_blank(root)) return refuse(std::string("the folder of the replay audit is blank"));
  return std::make_unique<FileSink>(root);
}

std::unique_ptr<ReplayAuditSink> http_audit_sink(HttpEndpoints endpoints) {
  return std::make_unique<HttpSink>(std::move(endpoints));
}

Result<std::unique_ptr<ReplayAuditSink>, EndpointsProblem> resolve_audit_sink(const Environment& environment,
                                                                              const std::string& default_root) {
  const std::string prefix = "PHALAROPE_REPLAY_AUDIT_";
  auto endpoints = read_endpoints(prefix, environment);
  if (!endpoints) return refuse(endpoints.error());
  const auto root = environment(prefix + "JSONL_FALLBACK_ROOT");
  auto file = file_audit_sink(root && !is_blank(*root) ? *root : default_root);
  if (!*endpoints) {
    if (file) return std::move(*file);
    return std::make_unique<NoSink>(file.error());
  }
  auto http = http_audit_sink(std::move(**endpoints));
  if (!file) return http;
  return std::make_unique<EitherSink>(std::move(http), std::move(*file));
}

AuditedAccess ask_for_access(const control::AccessRequest& request, const control::AccessPolicy& policy,
                             std::int64_t now_ms, ReplayAuditSink* sink) {
  const auto denied = [](std::string_view reason, std::string error) {
    return AuditedAccess{{.allowed = false, .deny_reason = std::string(reason), .redaction_markers = {}},
                         std::move(error)};
  };
  control::AccessDecision decision = control::decide_access(request, policy);
  if (sink == nullptr) return denied("audit_sink_unavailable", "nobody writes the audit of replay access");
  const auto line = audit_line({now_ms, request, decision});
  if (!line) return denied("audit_event_invalid", line.error());
  if (std::string error = sink->append(request.tenant_id, *line); !error.empty())
    return denied("audit_sink_write_failed", std::move(error));
  return {std::move(decision), {}};
}

}  // namespace phalarope::hal
