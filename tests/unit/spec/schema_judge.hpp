// The published JSON Schemas as a second judge, through valijson.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace phalarope::spec::test {

/// What schemas/json/<name>.schema.json says against a document; empty when nothing.
std::string schema_complaints(const std::string& name, const nlohmann::json& document);

/// Judges `json` as the program does and, where a schema can have an opinion, expects the same verdict from it.
bool judged_alike(std::string_view kind, std::string_view json);

}  // namespace phalarope::spec::test
