// Any bytes as a line of `replay compare`: it is answered by one line of strict JSON, the same each time, and the
// answer's verdict agrees with its lists.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/spec/strict_json.hpp"
#include "firmware_images/phalarope/compare_lines.hpp"

namespace {

using phalarope::spec::JsonValue;

void expect_a_sound_verdict(const JsonValue& answer) {
  if (!answer.find("ok")->boolean) {
    PHAL_ENFORCE(!answer.find("message")->text.empty(), "a refusal says why");
    return;
  }
  const std::size_t failing = answer.find("failing")->items.size();
  PHAL_ENFORCE(answer.find("pass")->boolean == (failing == 0), "it passes when nothing fails");
  PHAL_ENFORCE(answer.find("unexplained")->items.size() <= failing, "what is unexplained fails");
  PHAL_ENFORCE(answer.find("missing_expected")->items.size() <= failing, "what is missing fails");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const std::string answer = phalarope::program::answer_compare_line(line, 0);
  PHAL_ENFORCE(answer.find('\n') == std::string::npos, "an answer is one line");
  PHAL_ENFORCE(answer == phalarope::program::answer_compare_line(line, 0), "equal lines have equal answers");
  const auto json = phalarope::spec::parse_strict_json(answer);
  PHAL_ENFORCE(json.has_value(), "an answer is strict JSON");
  expect_a_sound_verdict(*json);
  return 0;
}
