// Reading and writing artifact bytes by the rule tables. See artifact_codec.hpp.
#include "core/spec/artifact_codec.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "artifact_generated.h"
#include "core/spec/aligned_bytes.hpp"
#include "core/spec/utf8.hpp"

namespace phalarope::spec {

namespace {

namespace fb = wire::artifact;
using flatbuffers::uoffset_t;
using flatbuffers::voffset_t;
using AnyOffset = flatbuffers::Offset<void>;
using Offsets = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

// A bundle's plan nests seven tables deep; the bounds are against forged offsets.
constexpr uoffset_t nesting_max = 16;
constexpr uoffset_t tables_max = artifact_values_max;

/// A vtable begins with its size and its table's size; then come the fields (flatbuffers::FieldIndexToOffset).
constexpr voffset_t field_of(std::size_t member) { return static_cast<voffset_t>((member + 2) * sizeof(voffset_t)); }
constexpr voffset_t key_field = field_of(0);
constexpr voffset_t value_field = field_of(1);

Violation refused(std::string sentence, std::string path) {
  return {.rule = "FlatBuffers: " + std::move(sentence), .path = std::move(path)};
}

std::size_t count_values(const JsonValue& value) {
  std::size_t count = 1;
  for (const JsonValue& item : value.items) count += count_values(item);
  for (const JsonValue& member : value.members) count += count_values(member);
  return count;
}

/// Stands in the table itself, not behind an offset.
bool is_inline(Shape shape) {
  return shape == Shape::integer || shape == Shape::boolean || shape == Shape::always_true || shape == Shape::choice;
}

// ---- writing -----------------------------------------------------------------------------------------------

/// For documents that judge() accepts.
class Writer {
 public:
  std::vector<std::byte> finish(fb::ArtifactBody kind, const JsonValue& document, const ObjectRule& rule) {
    const AnyOffset body = object(document, rule);
    builder_.Finish(fb::CreateArtifact(builder_, kind, body), fb::ArtifactIdentifier());
    const auto* const bytes = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
    return {bytes, bytes + builder_.GetSize()};
  }

 private:
  AnyOffset text(std::string_view text) { return AnyOffset(builder_.CreateString(text.data(), text.size()).o); }

  static std::uint8_t position(const JsonValue& value, const ValueRule& rule) {
    const auto at = std::find(rule.choices.begin(), rule.choices.end(), value.text);
    return static_cast<std::uint8_t>(at - rule.choices.begin());
  }

  AnyOffset behind_offset(const JsonValue& value, const ValueRule& rule) {
    switch (rule.shape) {
      case Shape::text:
      case Shape::version:
      case Shape::hash:
      case Shape::visible_text:
        return text(value.text);
      case Shape::object:
        return object(value, *rule.object);
      case Shape::map:
        return map(value, *rule.element);
      case Shape::list:
        return list(value, *rule.element);
      case Shape::integer:
      case Shape::boolean:
      case Shape::always_true:
      case Shape::choice:
        break;
    }
    return {};
  }

  AnyOffset object(const JsonValue& object, const ObjectRule& rule) {
    std::vector<AnyOffset> offsets(rule.members.size());
    for (std::size_t i = 0; i < rule.members.size(); ++i) {
      const MemberRule& member = rule.members[i];
      const JsonValue* const value = object.find(member.name);
      if (value != nullptr && !is_inline(member.rule.shape)) offsets[i] = behind_offset(*value, member.rule);
    }
    const uoffset_t start = builder_.StartTable();
    for (std::size_t i = 0; i < rule.members.size(); ++i) {
      const MemberRule& member = rule.members[i];
      const JsonValue* const value = object.find(member.name);
      if (value == nullptr) continue;
      if (member.rule.shape == Shape::integer) {
        builder_.AddElement<std::int64_t>(field_of(i), value->integer);
      } else if (member.rule.shape == Shape::choice) {
        builder_.AddElement<std::uint8_t>(field_of(i), position(*value, member.rule));
      } else if (is_inline(member.rule.shape)) {
        builder_.AddElement<std::uint8_t>(field_of(i), value->boolean ? 1 : 0);
      } else {
        builder_.AddOffset(field_of(i), offsets[i]);
      }
    }
    return AnyOffset(builder_.EndTable(start));
  }

  AnyOffset map(const JsonValue& map, const ValueRule& element) {
    std::vector<AnyOffset> entries;
    for (const JsonValue& value : map.members) {
      const AnyOffset key = text(value.name);
      const AnyOffset stored = behind_offset(value, element);
      const uoffset_t start = builder_.StartTable();
      builder_.AddOffset(key_field, key);
      builder_.AddOffset(value_field, stored);
      entries.emplace_back(builder_.EndTable(start));
    }
    return AnyOffset(builder_.CreateVector(entries).o);
  }

  AnyOffset list(const JsonValue& list, const ValueRule& element) {
    if (element.shape == Shape::choice) {
      std::vector<std::uint8_t> positions;
      for (const JsonValue& item : list.items) positions.push_back(position(item, element));
      return AnyOffset(builder_.CreateVector(positions).o);
    }
    std::vector<AnyOffset> items;
    for (const JsonValue& item : list.items) items.push_back(behind_offset(item, element));
    return AnyOffset(builder_.CreateVector(items).o);
  }

  flatbuffers::FlatBufferBuilder builder_;
};

// ---- reading -----------------------------------------------------------------------------------------------

/// Over verified bytes. Remembers the first thing that does not fit and reads nothing after it.
class Reader {
 public:
  explicit Reader(std::size_t text_bytes_max) : text_bytes_left_(text_bytes_max) {}

  const std::optional<Violation>& failure() const { return failure_; }

  JsonValue object(std::string name, const flatbuffers::Table& table, const ObjectRule& rule, const std::string& path) {
    std::vector<JsonValue> members;
    for (std::size_t i = 0; i < rule.members.size() && !failure_; ++i) {
      const MemberRule& member = rule.members[i];
      if (!table.CheckField(field_of(i))) continue;
      const std::string member_path = path.empty() ? std::string(member.name) : path + "." + std::string(member.name);
      members.push_back(value(std::string(member.name), table, field_of(i), member.rule, member_path));
    }
    return json_object(std::move(name), std::move(members));
  }

 private:
  void fail(std::string sentence, const std::string& path) {
    if (!failure_) failure_ = refused(std::move(sentence), path);
  }

  bool takes_value(const std::string& path) {
    if (values_left_ == 0) {
      fail("too many values", path);
      return false;
    }
    --values_left_;
    return true;
  }
  /// Texts that share their bytes could be read to more than the bytes that came.
  bool takes_text(std::size_t text_bytes, const std::string& path) {
    if (text_bytes > text_bytes_left_) {
      fail("more text than the bytes can hold", path);
      return false;
    }
    text_bytes_left_ -= text_bytes;
    return true;
  }

  std::string text(const flatbuffers::String& from, const std::string& path) {
    if (!takes_text(from.size(), path)) return {};
    std::string_view left(from.data(), from.size());
    while (!left.empty()) {
      const std::size_t bytes = utf8_character_bytes(left);
      if (bytes == 0) {
        fail("a text is not UTF-8", path);
        return {};
      }
      left.remove_prefix(bytes);
    }
    return from.str();
  }

  JsonValue chosen(std::string name, std::uint8_t position, const ValueRule& rule, const std::string& path) {
    if (position >= rule.choices.size()) {
      fail("number " + std::to_string(position) + " is no choice this version knows", path);
      return {};
    }
    return json_text(std::move(name), std::string(rule.choices[position]));
  }

  JsonValue value(std::string name, const flatbuffers::Table& table, voffset_t field, const ValueRule& rule,
                  const std::string& path) {
    if (!takes_value(path)) return {};
    switch (rule.shape) {
      case Shape::integer:
        return json_integer(std::move(name), table.GetField<std::int64_t>(field, 0));
      case Shape::boolean:
      case Shape::always_true: {
        const auto byte = table.GetField<std::uint8_t>(field, 0);
        if (byte > 1) fail("a truth value is neither 0 nor 1", path);
        return json_boolean(std::move(name), byte == 1);
      }
      case Shape::choice:
        return chosen(std::move(name), table.GetField<std::uint8_t>(field, 0), rule, path);
      case Shape::text:
      case Shape::version:
      case Shape::hash:
      case Shape::visible_text:
        return json_text(std::move(name), text(*table.GetPointer<const flatbuffers::String*>(field), path));
      case Shape::object:
        return object(std::move(name), *table.GetPointer<const flatbuffers::Table*>(field), *rule.object, path);
      case Shape::map:
        return json_object(std::move(name), entries(*table.GetPointer<const Offsets*>(field), *rule.element, path));
      case Shape::list:
        return json_list(std::move(name), items(table, field, *rule.element, path));
    }
    return {};
  }

  /// The n-th thing a vector of offsets points at.
  template <typename T>
  static const T& target(const Offsets& offsets, uoffset_t i) {
    return *reinterpret_cast<const T*>(offsets.Get(i));
  }

  std::vector<JsonValue> entries(const Offsets& offsets, const ValueRule& element, const std::string& path) {
    std::vector<JsonValue> members;
    std::set<std::string> keys;
    for (uoffset_t i = 0; i < offsets.size() && !failure_; ++i) {
      const auto& entry = target<flatbuffers::Table>(offsets, i);
      const auto* const key = entry.GetPointer<const flatbuffers::String*>(key_field);
      if (key == nullptr || !entry.CheckField(value_field)) {
        fail("an entry lacks its key or its value", path);
        return {};
      }
      std::string name = text(*key, path);
      if (!failure_ && !keys.insert(name).second) fail("the key \"" + name + "\" occurs twice", path);
      if (failure_) return {};
      std::string entry_path = path;
      entry_path.append("[\"").append(name).append("\"]");
      members.push_back(value(std::move(name), entry, value_field, element, entry_path));
    }
    return members;
  }

  std::vector<JsonValue> items(const flatbuffers::Table& table, voffset_t field, const ValueRule& element,
                               const std::string& path) {
    std::vector<JsonValue> items;
    if (element.shape == Shape::choice) {
      const auto& positions = *table.GetPointer<const flatbuffers::Vector<std::uint8_t>*>(field);
      for (uoffset_t i = 0; i < positions.size() && !failure_; ++i) {
        if (takes_value(path)) items.push_back(chosen("", positions.Get(i), element, path));
      }
      return items;
    }
    const auto& offsets = *table.GetPointer<const Offsets*>(field);
    for (uoffset_t i = 0; i < offsets.size() && !failure_; ++i) {
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      if (!takes_value(item_path)) break;
      if (element.shape == Shape::object) {
        items.push_back(object("", target<flatbuffers::Table>(offsets, i), *element.object, item_path));
      } else {
        items.push_back(json_text("", text(target<flatbuffers::String>(offsets, i), item_path)));
      }
    }
    return items;
  }

  std::size_t values_left_ = artifact_values_max - 1;  // the document is one
  std::size_t text_bytes_left_;
  std::optional<Violation> failure_;
};

static_assert(static_cast<std::size_t>(fb::ArtifactBody::MAX) == artifact_kinds.size(),
              "the union names the kinds in their order, after NONE");

}  // namespace

std::expected<std::vector<std::byte>, Violation> encode_artifact(std::string_view kind, const JsonValue& document) {
  const ObjectRule* const rule = find_artifact_rule(kind);
  if (rule == nullptr) return std::unexpected(Violation{.rule = "R 1.1: unknown artifact kind", .path = "kind"});
  if (auto violation = judge(document, *rule)) return std::unexpected(*std::move(violation));
  if (count_values(document) > artifact_values_max) return std::unexpected(refused("too many values", {}));
  const auto at = std::find(artifact_kinds.begin(), artifact_kinds.end(), kind);
  const auto body = static_cast<fb::ArtifactBody>(1 + (at - artifact_kinds.begin()));
  std::vector<std::byte> bytes = Writer().finish(body, document, *rule);
  if (bytes.size() > artifact_bytes_max) return std::unexpected(refused("too many bytes", {}));
  return bytes;
}

std::expected<DecodedArtifact, Violation> decode_artifact(std::span<const std::byte> bytes) {
  if (bytes.size() > artifact_bytes_max) return std::unexpected(refused("too many bytes", {}));
  const auto words = aligned_copy(bytes);
  const auto* const data = reinterpret_cast<const std::uint8_t*>(words.data());
  flatbuffers::Verifier verifier(data, bytes.size(), nesting_max, tables_max);
  if (!fb::VerifyArtifactBuffer(verifier)) return std::unexpected(refused("no artifact, or damaged", {}));
  const fb::Artifact& artifact = *fb::GetArtifact(data);
  const auto number = static_cast<std::size_t>(artifact.body_type());
  if (number == 0 || number > artifact_kinds.size() || artifact.body() == nullptr) {
    return std::unexpected(refused("an artifact of no kind this version knows", "kind"));
  }
  const std::string_view kind = artifact_kinds[number - 1];
  const ObjectRule& rule = *find_artifact_rule(kind);
  Reader reader(bytes.size());
  JsonValue document = reader.object("", *static_cast<const flatbuffers::Table*>(artifact.body()), rule, {});
  if (reader.failure()) return std::unexpected(*reader.failure());
  if (auto violation = judge(document, rule)) return std::unexpected(*std::move(violation));
  return DecodedArtifact{.kind = kind, .document = std::move(document)};
}

bool is_artifact_bytes(std::span<const std::byte> bytes) {
  constexpr std::size_t header_bytes = 8;  // the root's offset, then the identifier
  return bytes.size() >= header_bytes && flatbuffers::BufferHasIdentifier(bytes.data(), fb::ArtifactIdentifier());
}

}  // namespace phalarope::spec
