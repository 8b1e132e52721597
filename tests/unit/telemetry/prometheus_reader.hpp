// A strict reader of the Prometheus text format 0.0.4, for tests: every line is a HELP, a TYPE or a sample; samples
// stand together behind the TYPE of their family; names and labels are legal; no series appears twice; a histogram's
// buckets rise and its `+Inf` is its count. Throws std::runtime_error with the line that breaks a rule.
#pragma once

#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phalarope::telemetry {

class PrometheusReader {
 public:
  using Labels = std::map<std::string, std::string>;
  struct Sample {
    std::string name;
    Labels labels;
    double value = 0;
  };

  explicit PrometheusReader(std::string_view page) {
    if (!page.empty() && page.back() != '\n') fail("the page ends with a line feed", page);
    while (!page.empty()) {
      const auto end = page.find('\n');
      take_line(page.substr(0, end));
      page.remove_prefix(end + 1);
    }
    for (const auto& [key, last] : last_bucket_) {
      if (counts_.at(key) != last) fail("+Inf is the count", key);
    }
  }
  const std::map<std::string, std::string>& types() const { return types_; }
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  [[noreturn]] static void fail(const std::string& rule, std::string_view line) {
    throw std::runtime_error(rule + ": " + std::string(line));
  }
  static bool is_name(std::string_view text) {
    if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front()))) return false;
    for (const char c : text) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
    }
    return true;
  }

  void take_line(std::string_view line) {
    if (line.starts_with("# HELP ")) return;
    if (line.starts_with("# TYPE ")) {
      const auto rest = line.substr(7);
      const auto space = rest.find(' ');
      family_ = rest.substr(0, space);
      const std::string type(rest.substr(space + 1));
      if (!is_name(family_) || !std::set<std::string>{"gauge", "counter", "histogram"}.contains(type))
        fail("a type line", line);
      if (!types_.emplace(family_, type).second) fail("a family stands together", line);
      return;
    }
    if (line.empty() || line.front() == '#') fail("no other comments", line);
    take_sample(line);
  }

  void take_sample(std::string_view line) {
    Sample sample;
    std::size_t at = line.find_first_of("{ ");
    if (at == std::string_view::npos) fail("a sample has a value", line);
    sample.name = line.substr(0, at);
    if (!is_name(sample.name)) fail("a name", line);
    if (line[at] == '{') at = take_labels(line, at + 1, sample.labels);
    if (at >= line.size() || line[at] != ' ') fail("one blank before the value", line);
    std::size_t used = 0;
    const std::string value(line.substr(at + 1));
    sample.value = std::stod(value, &used);
    if (used != value.size()) fail("a value", line);
    judge(sample, line);
    samples_.push_back(std::move(sample));
  }

  static std::size_t take_labels(std::string_view line, std::size_t at, Labels& labels) {
    while (at < line.size() && line[at] != '}') {
      const auto equals = line.find("=\"", at);
      if (equals == std::string_view::npos) fail("label=\"value\"", line);
      const std::string key(line.substr(at, equals - at));
      if (!is_name(key)) fail("a label name", line);
      std::string value;
      for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') {
          value += line[at];
          continue;
        }
        const char escaped = ++at < line.size() ? line[at] : '\0';
        if (escaped != '\\' && escaped != '"' && escaped != 'n') fail("a known escape", line);
        value += escaped == 'n' ? '\n' : escaped;
      }
      if (at >= line.size()) fail("a closed value", line);
      if (!labels.emplace(key, value).second) fail("a label once", line);
      ++at;
      if (at < line.size() && line[at] == ',') ++at;
    }
    if (at >= line.size()) fail("closed labels", line);
    return at + 1;
  }

  void judge(const Sample& sample, std::string_view line) {
    const auto type = types_.find(family_);
    if (type == types_.end()) fail("a sample follows its type", line);
    if (!series_.insert({sample.name, sample.labels}).second) fail("a series once", line);
    if (type->second != "histogram") {
      if (sample.name != family_) fail("a sample of its family", line);
      return;
    }
    Labels rest = sample.labels;
    rest.erase("le");
    std::string key = family_;
    for (const auto& [name, value] : rest) key += "|" + name + "=" + value;
    if (sample.name == family_ + "_bucket") {
      if (!sample.labels.contains("le")) fail("a bucket has its bound", line);
      if (last_bucket_.contains(key) && sample.value < last_bucket_[key]) fail("buckets rise", line);
      last_bucket_[key] = sample.value;
    } else if (sample.name == family_ + "_count") {
      counts_[key] = sample.value;
    } else if (sample.name != family_ + "_sum") {
      fail("a histogram has buckets, sum and count", line);
    }
  }

  std::map<std::string, std::string> types_;
  std::vector<Sample> samples_;
  std::set<std::pair<std::string, Labels>> series_;
  std::map<std::string, double> last_bucket_;
  std::map<std::string, double> counts_;
  std::string family_;
};

}  // namespace phalarope::telemetry
