// A recursive-descent reader of phrase templates. See phrase_template.hpp for the grammar.
#include "hal/speech/phrase_template.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace phalarope::hal {
namespace {

bool is_word_char(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '\'' || c == '-'; }

class TemplateReader {
 public:
  explicit TemplateReader(std::string_view text) : text_(text) {}

  Result<PhrasePart, std::string> read() {
    if (text_.size() > phrase_bytes_max) {
      return refuse(std::string("is longer than ") + std::to_string(phrase_bytes_max) + " bytes; split it");
    }
    PhrasePart whole = alternatives(0);
    if (error_.empty() && position_ < text_.size()) fail(std::string("has a '") + text_[position_] + "' too many");
    if (error_.empty() && may_be_empty(whole)) error_ = "could be said by saying nothing; make one word required";
    if (!error_.empty()) return refuse(std::move(error_));
    return whole;
  }

 private:
  void fail(std::string sentence) {
    if (error_.empty()) error_ = std::move(sentence) + " at column " + std::to_string(position_ + 1);
  }
  char peek() {
    while (position_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[position_])) != 0) ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  PhrasePart alternatives(std::size_t depth) {
    PhrasePart choice{PhrasePart::Kind::alternatives, {}, {}};
    choice.parts.push_back(sequence(depth));
    while (error_.empty() && peek() == '|') {
      ++position_;
      choice.parts.push_back(sequence(depth));
    }
    if (choice.parts.size() > 1) return choice;
    PhrasePart only = std::move(choice.parts.front());
    return only;
  }

  PhrasePart sequence(std::size_t depth) {
    PhrasePart run{PhrasePart::Kind::sequence, {}, {}};
    while (error_.empty()) {
      const char next = peek();
      if (next == '\0' || next == '|' || next == ')' || next == ']') break;
      run.parts.push_back(item(next, depth));
    }
    return run;
  }

  PhrasePart item(char next, std::size_t depth) {
    if (next == '{') return slot();
    if (next == '(' || next == '[') return group(next, depth);
    if (is_word_char(next)) return word();
    fail(std::isdigit(static_cast<unsigned char>(next)) != 0
             ? std::string("has a digit; write numbers as words or use a slot with from/to,")
             : std::string("has the character '") + next + "', which nobody can say,");
    return {};
  }

  PhrasePart word() {
    PhrasePart part{PhrasePart::Kind::word, {}, {}};
    while (position_ < text_.size() && is_word_char(text_[position_])) {
      part.text.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(text_[position_++]))));
    }
    return part;
  }

  PhrasePart slot() {
    const std::size_t close = text_.find('}', position_);
    if (close == std::string_view::npos) {
      fail("has a '{' without '}'");
      return {};
    }
    PhrasePart part{PhrasePart::Kind::slot, std::string(text_.substr(position_ + 1, close - position_ - 1)), {}};
    position_ = close + 1;
    return part;
  }

  PhrasePart group(char open, std::size_t depth) {
    if (depth >= phrase_depth_max) {
      fail("is nested too deeply");
      return {};
    }
    ++position_;
    PhrasePart inner = alternatives(depth + 1);
    const char close = open == '(' ? ')' : ']';
    if (error_.empty() && peek() != close) fail(std::string("misses a '") + close + "'");
    ++position_;
    if (open == '(') return inner;
    PhrasePart part{PhrasePart::Kind::optional, {}, {}};
    part.parts.push_back(std::move(inner));
    return part;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::string error_;
};

}  // namespace

bool may_be_empty(const PhrasePart& part) {
  switch (part.kind) {
    case PhrasePart::Kind::word:
    case PhrasePart::Kind::slot:
      return false;
    case PhrasePart::Kind::optional:
      return true;
    case PhrasePart::Kind::sequence:
      return std::ranges::all_of(part.parts, may_be_empty);
    case PhrasePart::Kind::alternatives:
      return std::ranges::any_of(part.parts, may_be_empty);
  }
  return true;
}

Result<PhrasePart, std::string> parse_phrase(std::string_view text) { return TemplateReader(text).read(); }

}  // namespace phalarope::hal
