// Any bytes as what decides about recordings: retention policies, snapshots, a store of artifacts, board keys, a
// tenant's name, a text to be masked. Each is read or refused with a word; what is read keeps its rules.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/engine/evidence/content_form.hpp"
#include "firmware_images/gates/retention_files.hpp"
#include "hal/host/provider_capture.hpp"
#include "hal/store/board_keys.hpp"
#include "hal/store/replay_audit.hpp"

namespace {

using namespace phalarope;

void judge_policies(const std::expected<gates::RetentionPolicies, gates::RetentionError>& policies) {
  if (!policies) {
    PHAL_ENFORCE(!policies.error().code.empty() && !policies.error().what.empty(), "an error has a code and a reason");
    return;
  }
  PHAL_ENFORCE(policies->default_policy || !policies->by_tenant.empty(), "what is read holds a policy");
  if (const auto policy = policies->for_tenant("home")) {
    PHAL_ENFORCE(policy->tenant_id == "home", "a policy is its tenant's");
    PHAL_ENFORCE(!control::problem_of(*policy), "a policy that is given keeps its rules");
    PHAL_ENFORCE(control::window_ms(*policy, PayloadClass::PHI) <= policy->phi_retention_limit_ms, "a limit holds");
  }
}

void judge_mask(std::string_view text) {
  std::string masked(text.size(), '\0');
  masked.resize(mask_text(text, masked));
  for (const char c : masked) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    PHAL_ENFORCE(!letter || c == 'x', "a mask holds no letter of the text");
    PHAL_ENFORCE(!(c >= '1' && c <= '9'), "a mask holds no digit of the text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  judge_policies(gates::read_policy_artifact(text));
  judge_policies(gates::read_snapshot_retention(text));
  if (const auto keys = hal::parse_board_keys(text); !keys)
    PHAL_ENFORCE(!keys.error().empty(), "an error has a reason");
  static_cast<void>(hal::public_key_of(text));
  if (const auto name = hal::audit_file_name(text)) {
    PHAL_ENFORCE(name->find('/') == std::string::npos && !name->starts_with('.'), "a tenant cannot leave its folder");
  }
  judge_mask(text);
  const auto bytes = std::as_bytes(std::span(text));
  for (const auto mode : {hal::CaptureMode::redacted, hal::CaptureMode::hash, hal::CaptureMode::full}) {
    const auto captured = hal::capture_payload(bytes, {.mode = mode, .bytes_max = 256});
    PHAL_ENFORCE(captured.text.empty() == text.empty(), "something stays something");
  }
  return 0;
}
