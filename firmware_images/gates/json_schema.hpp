// A published JSON Schema as a judge (valijson). The library stays inside the .cpp.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace phalarope::gates {

class JsonSchema {
 public:
  static std::expected<JsonSchema, std::string> parse(std::string_view schema);
  JsonSchema(JsonSchema&&) noexcept;
  JsonSchema& operator=(JsonSchema&&) noexcept;
  ~JsonSchema();

  /// The first thing the schema refuses, or why the text is no JSON; empty when it is accepted.
  std::string complaint_about(std::string_view document) const;

 private:
  struct Parsed;
  explicit JsonSchema(std::unique_ptr<Parsed> parsed);
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace phalarope::gates
