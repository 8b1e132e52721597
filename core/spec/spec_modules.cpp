// Expansion of modules. See spec_modules.hpp.
#include "core/spec/spec_modules.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/spec/document_edit.hpp"
#include "core/spec/field_reader.hpp"
#include "core/spec/spec_notes.hpp"

namespace phalarope::spec {

namespace {

using Parameters = std::map<std::string, std::string>;

std::string item_path(const Document& item, const std::string& list, std::size_t index) {
  return item.path.empty() ? list + "[" + std::to_string(index) + "]" : item.path;
}

class Expander {
 public:
  Expander(Document file, Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}

  Document expand() {
    // Taken out of the file: what is written back below must not move the modules that are being read.
    if (const Document* const modules = file_.find("modules"); modules != nullptr) modules_ = *modules;
    if (!read_modules()) return std::move(file_);
    Document nodes;
    Document edges;
    expand_into(file_, "", "", {}, nodes, edges);
    for (Document& edge : edges.items) resolve_ends(edge);
    for (const Document& module : modules_.entries) {
      if (!used_.contains(module.key)) {
        complain(module, path_of(module.key), "is used by no node",
                 "Remove it, or use it: `module: " + module.key + "`");
      }
    }
    // A file that lacks a list keeps lacking it, so that the graph's reader can say so.
    if (file_.find("nodes") != nullptr) fresh_list(file_, "nodes").items = std::move(nodes.items);
    if (file_.find("edges") != nullptr) fresh_list(file_, "edges").items = std::move(edges.items);
    return std::move(file_);
  }

 private:
  void complain(const Document& where, const std::string& path, std::string what, std::string what_to_do) {
    diagnostics_.push_back(diagnostic_at(where, path, std::move(what), std::move(what_to_do)));
  }
  static std::string path_of(const std::string& module) { return "modules[\"" + module + "\"]"; }

  std::vector<std::string_view> module_names() const {
    std::vector<std::string_view> names;
    for (const Document& module : modules_.entries) names.push_back(module.key);
    return names;
  }

  /// Judges the frame of every module. False when no expansion should be tried.
  bool read_modules() {
    MapReader file(file_, {}, diagnostics_);
    bool sound = true;
    file.each_entry("modules", [&](const std::string& name, const Document& module, const std::string& path) {
      const std::size_t before = diagnostics_.size();
      MapReader map(module, path, diagnostics_);
      read_notes(map);
      std::size_t parameters = 0;
      map.each_entry("parameters", [&](const std::string&, const Document& value, const std::string& where) {
        // An empty value means: whoever uses the module must give one.
        if (value.kind != Document::Kind::nothing) (void)scalar_of(value, where, diagnostics_);
        ++parameters;
      });
      if (parameters > module_parameters_max) map.complain("parameters", "are more than 16", "Use at most 16");
      map.each_item("nodes", [](const Document&, const std::string&) {}, Presence::required);
      map.each_item("edges", [](const Document&, const std::string&) {});
      std::string end;
      map.text("takes", end);
      map.text("gives", end);
      map.finish();
      sound = sound && diagnostics_.size() == before && !leads_back(name, module);
    });
    return sound && (file_.find("modules") == nullptr || modules_.kind == Document::Kind::map);
  }

  /// Whether a walk along `module:` from this module comes back to it; says so with the path.
  bool leads_back(const std::string& name, const Document& module) {
    std::vector<std::string> path = {name};
    std::set<std::string> seen;
    return walk_back(name, module, path, seen);
  }
  bool walk_back(const std::string& start, const Document& module, std::vector<std::string>& path,
                 std::set<std::string>& seen) {
    const Document* const nodes = module.find("nodes");
    if (nodes == nullptr) return false;
    for (const Document& node : nodes->items) {
      const std::string next = text_of(node, "module");
      const Document* const inner = next.empty() ? nullptr : modules_.find(next);
      if (inner == nullptr) continue;
      if (next == start) {
        std::string round;
        for (const std::string& step : path) round += step + " -> ";
        complain(*node.find("module"), path_of(start) + ".nodes", "the module uses itself: " + round + start,
                 "Break the circle");
        return true;
      }
      if (!seen.insert(next).second) continue;
      path.push_back(next);
      if (walk_back(start, *inner, path, seen)) return true;
      path.pop_back();
    }
    return false;
  }

  bool one_more_piece(const Document& where, const std::string& path) {
    if (++pieces_ == module_pieces_max + 1) {
      complain(where, path, "the modules expand to more than " + std::to_string(module_pieces_max) + " pieces",
               "Use fewer modules; the engine holds 16 nodes and 32 edges");
    }
    return pieces_ <= module_pieces_max;
  }

  void substitute(Document& value, const std::string& path, const Parameters& parameters) {
    for (Document& item : value.items) substitute(item, path, parameters);
    for (Document& entry : value.entries) substitute(entry, path + "." + entry.key, parameters);
    if (value.kind != Document::Kind::scalar) return;
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = value.text.find("$("); at != std::string::npos; at = value.text.find("$(", from)) {
      const std::size_t end = value.text.find(')', at);
      const std::string name = value.text.substr(at + 2, end == std::string::npos ? end : end - at - 2);
      const auto given = parameters.find(name);
      if (end == std::string::npos || given == parameters.end()) {
        std::vector<std::string_view> known;
        for (const auto& [parameter, text] : parameters) known.push_back(parameter);
        complain(value, path, "no parameter is called \"" + name + "\"", one_of(name, known));
        return;
      }
      out += value.text.substr(from, at - from) + given->second;
      from = end + 1;
    }
    if (from == 0) return;
    value.text = out + value.text.substr(from);
    if (value.text.size() > note_bytes_max) complain(value, path, "becomes longer than 1024 bytes", "Shorten it");
  }

  /// `prefix` is what the ids inside get before them, `place` the field path of the map that is expanded.
  void expand_into(const Document& map, const std::string& prefix, const std::string& place,
                   const Parameters& parameters, Document& nodes, Document& edges) {
    const auto each = [&](std::string_view list, const auto& take) {
      const Document* const found = map.find(list);
      if (found == nullptr || found->kind != Document::Kind::list) return;
      const std::string list_path = place.empty() ? std::string(list) : place + "." + std::string(list);
      for (std::size_t i = 0; i < found->items.size(); ++i) {
        Document item = found->items[i];
        item.path = item_path(item, list_path, i);
        if (!prefix.empty() && !one_more_piece(item, item.path)) return;
        if (!prefix.empty()) substitute(item, item.path, parameters);
        take(std::move(item));
      }
    };
    each("nodes", [&](Document item) {
      if (const Document* const id = item.find("id"); id != nullptr && !prefix.empty()) {
        set_text(item, "id", prefix + id->text);
      }
      if (item.find("module") == nullptr) {
        nodes.items.push_back(std::move(item));
      } else {
        use_module(item, nodes, edges);
      }
    });
    each("edges", [&](Document item) {
      for (const std::string_view end : {"id", "from", "to"}) {
        const std::string text = text_of(item, end);
        if (!prefix.empty() && !text.empty()) set_text(item, end, prefix + text);
      }
      edges.items.push_back(std::move(item));
    });
  }

  void use_module(const Document& use, Document& nodes, Document& edges) {
    if (!one_more_piece(use, use.path)) return;
    MapReader map(use, use.path, diagnostics_);
    std::string id;
    std::string name;
    map.text("id", id, Presence::required);
    map.text("module", name, Presence::required);
    read_notes(map);
    const Document* const module = modules_.find(name);
    if (module == nullptr) {
      map.complain("module", "no module is called \"" + name + "\"",
                   modules_.entries.empty() ? "Draw it under `modules:`" : one_of(name, module_names()));
      return;
    }
    used_.insert(name);
    const Parameters parameters = parameters_of(*module, map);
    map.finish();
    if (id.empty()) return;
    if (!ends_.insert({id, {end_of(*module, "takes", id), end_of(*module, "gives", id)}}).second) {
      map.complain("id", "\"" + id + "\" is taken by another node", "Give it another name");
      return;
    }
    expand_into(*module, id + ".", path_of(name), parameters, nodes, edges);
  }

  Parameters parameters_of(const Document& module, MapReader& use) {
    Parameters parameters;
    std::vector<std::string_view> known;
    std::set<std::string> open;
    if (const Document* const declared = module.find("parameters"); declared != nullptr) {
      for (const Document& parameter : declared->entries) {
        known.push_back(parameter.key);
        parameters[parameter.key] = parameter.text;
        if (parameter.kind == Document::Kind::nothing) open.insert(parameter.key);
      }
    }
    use.each_entry("with", [&](const std::string& name, const Document& value, const std::string& path) {
      const auto text = scalar_of(value, path, diagnostics_);
      if (!parameters.contains(name)) {
        complain(value, path, "the module has no parameter \"" + name + "\"",
                 known.empty() ? "It has none; remove this" : one_of(name, known));
      } else if (text) {
        parameters[name] = *text;
        open.erase(name);
      }
    });
    for (const std::string& name : open) {
      use.complain({}, "the module needs a value for its parameter \"" + name + "\"",
                   "Add `with: {" + name + ": ...}`");
    }
    return parameters;
  }

  static std::string end_of(const Document& module, std::string_view end, const std::string& id) {
    const std::string inner = text_of(module, end);
    return inner.empty() ? std::string() : id + "." + inner;
  }

  /// An edge to a use leads to what its module takes by, an edge from it starts at what it gives by.
  void resolve_ends(Document& edge) {
    for (const std::string_view end : {"from", "to"}) {
      std::string name = text_of(edge, end);
      bool inside = false;
      // Each step goes one module deeper, and modules do not lead back to themselves.
      for (auto use = ends_.find(name); use != ends_.end(); use = ends_.find(name)) {
        name = end == "to" ? use->second.takes : use->second.gives;
        inside = true;
        if (!name.empty()) continue;
        complain(edge, edge.path + "." + std::string(end), "the module of \"" + use->first + "\" names no such end",
                 end == "to" ? "Add `takes:` to the module" : "Add `gives:` to the module");
        return;
      }
      if (inside) set_text(edge, end, name);
    }
  }

  struct Ends {
    std::string takes;
    std::string gives;
  };

  Document file_;
  Document modules_;
  Diagnostics& diagnostics_;
  std::map<std::string, Ends> ends_;
  std::set<std::string> used_;
  std::size_t pieces_ = 0;
};

}  // namespace

Document expand_modules(Document file, Diagnostics& diagnostics) {
  return Expander(std::move(file), diagnostics).expand();
}

}  // namespace phalarope::spec
