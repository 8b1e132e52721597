// Any bytes as a FlatBuffers artifact: an error with its rule, or a valid document that survives the way back.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/engine/base/enforce.hpp"
#include "core/spec/artifact_codec.hpp"
#include "core/spec/artifact_validator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::spec;
  const auto read = decode_artifact(std::as_bytes(std::span(data, size)));
  if (!read) {
    PHAL_ENFORCE(!read.error().rule.empty(), "refused bytes name the rule");
    return 0;
  }
  std::string text;
  append_json(text, read->document);
  PHAL_ENFORCE(validate_artifact(read->kind, text).valid, "what was read is a valid artifact");
  const auto bytes = encode_artifact(read->kind, read->document);
  PHAL_ENFORCE(bytes.has_value(), "what was read can be written");
  const auto again = decode_artifact(*bytes);
  PHAL_ENFORCE(again.has_value(), "what was written can be read");
  std::string text_again;
  append_json(text_again, again->document);
  PHAL_ENFORCE(text == text_again, "the way back changes nothing");
  return 0;
}
