// Inserts of a policy. See policy_inserts.hpp.
#include "core/spec/policy_inserts.hpp"

#include <string>

#include "core/spec/document_edit.hpp"
#include "core/spec/field_reader.hpp"
#include "core/spec/spec_notes.hpp"

namespace phalarope::spec {

PolicyInserts read_inserts(const Document& file, Diagnostics& diagnostics) {
  PolicyInserts inserts;
  MapReader reader(file, {}, diagnostics);
  reader.each_item("inserts", [&](const Document& item, const std::string& path) {
    MapReader map(item, path, diagnostics);
    std::string id;
    std::string after;
    std::string policy;
    map.text("id", id, Presence::required);
    map.text("after", after, Presence::required);
    map.text("policy", policy, Presence::required);
    std::string type;
    map.text("type", type, Presence::required);
    read_notes(map);
    map.finish();
    if (!type.empty() && type != "telemetry") {
      map.complain("type", "cannot be inserted: \"" + type + "\"",
                   "The engine has only inserts that listen; use telemetry");
    }
    if (id.empty() || after.empty() || type != "telemetry") return;
    Document node = container_like(item, Document::Kind::map, {});
    node.path = path;
    for (const std::string_view key : {"id", "type"}) node.entries.push_back(*item.find(key));
    node.entries.push_back(scalar_like(item, "lane", "TelemetryLane"));
    Document edge = container_like(item, Document::Kind::map, {});
    edge.path = path;
    edge.entries.push_back(scalar_like(*item.find("after"), "from", after));
    edge.entries.push_back(scalar_like(*item.find("id"), "to", id));
    edge.entries.push_back(scalar_like(item, "lane", "TelemetryLane"));
    inserts.nodes.push_back(std::move(node));
    inserts.edges.push_back(std::move(edge));
  });
  return inserts;
}

}  // namespace phalarope::spec
