// The audit of replay access: decide, then write it down, then answer. Nobody reads, and nobody is refused, unseen.
//
//   request ─▶ decide_access ─▶ event ─▶ HTTP, else file ─▶ the decision
//                                  └──── nobody could write it: denied `audit_sink_...`, and an error
//
//   file    <root>/<tenant>.replay-audit.jsonl, one JSON object a line, folder 0755, file 0600, opened to append
//   HTTP    POST to the first endpoint that takes it (hal/host/http_endpoints.hpp)
//
// Without a URL the file is the sink. With one, HTTP comes first and the file is the fallback: one success is success.
// A sink that cannot be resolved is passed over while the other can. Lines are synced before access is granted.
// Blocks; control side. Contract: evidence.md 1A.1, 1A.2; decisions.md D8.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/control/custody/access.hpp"
#include "hal/host/http_endpoints.hpp"

namespace phalarope::hal {

struct ReplayAuditEvent {
  std::int64_t timestamp_ms = 0;
  control::AccessRequest request;
  control::AccessDecision decision;
};
/// One line of JSON, or what makes the event unfit to be written.
Result<std::string, std::string> audit_line(const ReplayAuditEvent& event);

/// The file's name for a tenant; an error when nothing of it can stand in a name.
Result<std::string, std::string> audit_file_name(const std::string& tenant_id);

class ReplayAuditSink {
 public:
  virtual ~ReplayAuditSink() = default;
  /// Empty, or why it was not written.
  virtual std::string append(const std::string& tenant_id, const std::string& line) = 0;
};

Result<std::unique_ptr<ReplayAuditSink>, std::string> file_audit_sink(const std::string& root);
std::unique_ptr<ReplayAuditSink> http_audit_sink(HttpEndpoints endpoints);

/// As PHALAROPE_REPLAY_AUDIT_* say; `default_root` is for the file where no other is named. A variable that cannot be
/// used is an error of the start; where no backend resolves, the sink is one that fails.
Result<std::unique_ptr<ReplayAuditSink>, EndpointsProblem> resolve_audit_sink(const Environment& environment,
                                                                              const std::string& default_root);

struct AuditedAccess {
  control::AccessDecision decision;
  std::string error;  // set when the audit could not be written; access is then denied
};
/// `sink` may be null.
AuditedAccess ask_for_access(const control::AccessRequest& request, const control::AccessPolicy& policy,
                             std::int64_t now_ms, ReplayAuditSink* sink);

}  // namespace phalarope::hal
