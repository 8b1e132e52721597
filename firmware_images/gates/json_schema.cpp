#include "firmware_images/gates/json_schema.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace phalarope::gates {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

struct JsonSchema::Parsed {
  valijson::Schema schema;
};

JsonSchema::JsonSchema(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

std::expected<JsonSchema, std::string> JsonSchema::parse(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::unexpected(std::string("is no JSON"));
  auto parsed = std::make_unique<Parsed>();
  try {  // the library reports a bad schema by throwing
    valijson::SchemaParser().populateSchema(Adapter(json), parsed->schema);
  } catch (const std::exception& fault) {
    return std::unexpected(std::string(fault.what()));
  }
  return JsonSchema(std::move(parsed));
}

std::string JsonSchema::complaint_about(std::string_view document) const {
  const Json json = Json::parse(document, nullptr, false);
  if (json.is_discarded()) return "is no JSON";
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(parsed_->schema, Adapter(json), &results)) return {};
  valijson::ValidationResults::Error error;
  return results.popError(error) ? error.description : "is refused";
}

}  // namespace phalarope::gates
