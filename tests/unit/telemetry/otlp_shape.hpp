// Is this the JSON form of an OTLP/HTTP request? A strict reading of opentelemetry-proto's JSON mapping: names and
// types of all members, 64-bit numbers as strings of digits, ids as hex of their length, enums as numbers, histograms
// whose buckets add up. Answers every breach by its path; a collector stand-in refuses what has one.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::telemetry {

class OtlpShape {
 public:
  using Json = nlohmann::json;

  /// Breaches of a request to `path`; empty: a collector takes it.
  static std::vector<std::string> breaches(std::string_view path, std::string_view body) {
    OtlpShape shape;
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_discarded()) return {"no JSON"};
    if (path == "/v1/metrics") {
      shape.envelope(json, "resourceMetrics", "scopeMetrics", "metrics", &OtlpShape::metric);
    } else if (path == "/v1/traces") {
      shape.envelope(json, "resourceSpans", "scopeSpans", "spans", &OtlpShape::span);
    } else if (path == "/v1/logs") {
      shape.envelope(json, "resourceLogs", "scopeLogs", "logRecords", &OtlpShape::log_record);
    } else {
      shape.found_.push_back("no such path");
    }
    return shape.found_;
  }

 private:
  using Check = void (OtlpShape::*)(const Json&, const std::string&);

  void expect(bool well, const std::string& at) {
    if (!well) found_.push_back(at);
  }
  void members(const Json& json, const std::string& at, const std::set<std::string>& allowed) {
    expect(json.is_object(), at + " is an object");
    if (!json.is_object()) return;
    for (const auto& [key, value] : json.items()) expect(allowed.contains(key), at + "." + key + " is unknown");
  }
  void each(const Json& json, const char* key, const std::string& at, Check check) {
    const bool there = json.is_object() && json.contains(key) && json[key].is_array();
    expect(there, at + "." + key + " is a list");
    if (!there) return;
    for (std::size_t i = 0; i < json[key].size(); ++i)
      (this->*check)(json[key][i], at + "." + key + "[" + std::to_string(i) + "]");
  }
  static bool is_text(const Json& json, const char* key) { return json.contains(key) && json[key].is_string(); }
  static bool is_digits(const Json& json, const char* key) {
    if (!is_text(json, key)) return false;
    const std::string text = json[key];
    return !text.empty() && text.size() <= 20 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  }
  static bool is_hex(const Json& json, const char* key, std::size_t digits) {
    if (!is_text(json, key)) return false;
    const std::string text = json[key];
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos &&
           text.find_first_not_of('0') != std::string::npos;
  }

  void envelope(const Json& json, const char* outer, const char* scoped, const char* items, Check check) {
    members(json, "", {outer});
    scoped_ = scoped;
    items_ = items;
    check_ = check;
    each(json, outer, "", &OtlpShape::resource_entry);
  }
  void resource_entry(const Json& json, const std::string& at) {
    members(json, at, {"resource", scoped_, "schemaUrl"});
    if (json.contains("resource")) {
      members(json["resource"], at + ".resource", {"attributes", "droppedAttributesCount"});
      each(json["resource"], "attributes", at + ".resource", &OtlpShape::attribute);
    }
    each(json, scoped_.c_str(), at, &OtlpShape::scope_entry);
  }
  void scope_entry(const Json& json, const std::string& at) {
    members(json, at, {"scope", items_, "schemaUrl"});
    each(json, items_.c_str(), at, check_);
  }
  void attribute(const Json& json, const std::string& at) {
    members(json, at, {"key", "value"});
    expect(is_text(json, "key") && !json["key"].get<std::string>().empty(), at + ".key");
    expect(json.contains("value") && json["value"].is_object() && json["value"].size() == 1 &&
               is_text(json["value"], "stringValue"),
           at + ".value");
  }

  void metric(const Json& json, const std::string& at) {
    members(json, at, {"name", "description", "unit", "gauge", "sum", "histogram"});
    expect(is_text(json, "name"), at + ".name");
    expect(is_text(json, "unit"), at + ".unit");
    const int kinds = json.contains("gauge") + json.contains("sum") + json.contains("histogram");
    expect(kinds == 1, at + " is of one kind");
    if (json.contains("gauge")) each(json["gauge"], "dataPoints", at, &OtlpShape::number_point);
    if (json.contains("sum")) {
      temporality(json["sum"], at);
      expect(json["sum"].value("isMonotonic", false), at + ".isMonotonic");
      each(json["sum"], "dataPoints", at, &OtlpShape::number_point);
    }
    if (json.contains("histogram")) {
      temporality(json["histogram"], at);
      each(json["histogram"], "dataPoints", at, &OtlpShape::histogram_point);
    }
  }
  void temporality(const Json& json, const std::string& at) {
    expect(json.contains("aggregationTemporality") &&
               (json["aggregationTemporality"] == 1 || json["aggregationTemporality"] == 2),
           at + ".aggregationTemporality");
  }
  void point(const Json& json, const std::string& at) {
    expect(is_digits(json, "timeUnixNano"), at + ".timeUnixNano");
    expect(is_digits(json, "startTimeUnixNano"), at + ".startTimeUnixNano");
    each(json, "attributes", at, &OtlpShape::attribute);
    if (json.contains("exemplars")) each(json, "exemplars", at, &OtlpShape::exemplar);
  }
  void exemplar(const Json& json, const std::string& at) {
    members(json, at, {"filteredAttributes", "timeUnixNano", "asDouble", "spanId", "traceId"});
    expect(is_digits(json, "timeUnixNano"), at + ".timeUnixNano");
    expect(json.contains("asDouble") && json["asDouble"].is_number(), at + ".asDouble");
    expect(!json.contains("traceId") || is_hex(json, "traceId", 32), at + ".traceId");
    each(json, "filteredAttributes", at, &OtlpShape::attribute);
  }
  void number_point(const Json& json, const std::string& at) {
    members(json, at, {"attributes", "startTimeUnixNano", "timeUnixNano", "asDouble", "exemplars", "flags"});
    expect(json.contains("asDouble") && json["asDouble"].is_number(), at + ".asDouble");
    point(json, at);
  }
  void histogram_point(const Json& json, const std::string& at) {
    members(json, at,
            {"attributes", "startTimeUnixNano", "timeUnixNano", "count", "sum", "min", "max", "bucketCounts",
             "explicitBounds", "exemplars", "flags"});
    point(json, at);
    const bool whole = is_digits(json, "count") && json.contains("bucketCounts") && json["bucketCounts"].is_array() &&
                       json.contains("explicitBounds") && json["explicitBounds"].is_array();
    expect(whole, at + " has count and buckets");
    if (!whole) return;
    expect(json["bucketCounts"].size() == json["explicitBounds"].size() + 1, at + ".bucketCounts has one more");
    unsigned long long sum = 0;
    for (const Json& count : json["bucketCounts"]) {
      expect(count.is_string(), at + ".bucketCounts are strings");
      if (count.is_string()) sum += std::stoull(count.get<std::string>());
    }
    expect(sum == std::stoull(json["count"].get<std::string>()), at + ".bucketCounts add up");
  }

  void span(const Json& json, const std::string& at) {
    members(json, at,
            {"traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes",
             "status", "flags", "traceState", "events", "links"});
    expect(is_hex(json, "traceId", 32), at + ".traceId");
    expect(is_hex(json, "spanId", 16), at + ".spanId");
    expect(!json.contains("parentSpanId") || json["parentSpanId"] == "" || is_hex(json, "parentSpanId", 16),
           at + ".parentSpanId");
    expect(is_text(json, "name") && !json["name"].get<std::string>().empty(), at + ".name");
    expect(json.contains("kind") && json["kind"].is_number_integer() && json["kind"] >= 1 && json["kind"] <= 5,
           at + ".kind");
    const bool timed = is_digits(json, "startTimeUnixNano") && is_digits(json, "endTimeUnixNano");
    expect(timed, at + " has its times");
    if (timed) {
      expect(std::stoull(json["startTimeUnixNano"].get<std::string>()) <=
                 std::stoull(json["endTimeUnixNano"].get<std::string>()),
             at + " ends after it began");
    }
    each(json, "attributes", at, &OtlpShape::attribute);
  }
  void log_record(const Json& json, const std::string& at) {
    members(json, at,
            {"timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText", "body", "attributes", "traceId",
             "spanId", "flags"});
    expect(is_digits(json, "timeUnixNano"), at + ".timeUnixNano");
    expect(json.contains("severityNumber") && json["severityNumber"].is_number_integer() &&
               json["severityNumber"] >= 1 && json["severityNumber"] <= 24,
           at + ".severityNumber");
    expect(json.contains("body") && is_text(json["body"], "stringValue"), at + ".body");
    expect(!json.contains("traceId") || is_hex(json, "traceId", 32), at + ".traceId");
    each(json, "attributes", at, &OtlpShape::attribute);
  }

  std::vector<std::string> found_;
  std::string scoped_;
  std::string items_;
  Check check_ = nullptr;
};

}  // namespace phalarope::telemetry
