// Intents: what people may say to the board and what it answers, as read from conf/intents/*.yaml.
//
//   phrases (templates) ──▶ JSGF grammar (intents_grammar.hpp)  ──▶ recogniser
//                     └───▶ matcher (intents_matcher.hpp)       ──▶ dialogue: intent, slots ──▶ answer, action
//
// A phrase template is words, [optional words], (one|or another) and {slot}: "turn (on|off) the {room} lights
// [please]".
//
// Invariants. (1) Reading is strict: an unknown field, an unknown slot or a bound that is passed is an error with
// file:line:field and what to do. (2) No command phrase is also a back-channel word or a stop phrase, so a text has one
// class. (3) Everything is bounded by the constants below.
// A value; shared freely once read. Contract: decisions.md D4, D12.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/result.hpp"

namespace phalarope::hal {

constexpr std::size_t intents_file_bytes_max = 256 * 1024;
constexpr std::size_t intents_max = 256;
constexpr std::size_t intent_phrases_max = 32;
constexpr std::size_t intent_answers_max = 16;
constexpr std::size_t slots_max = 32;
constexpr std::size_t slot_values_max = 256;
constexpr std::size_t phrase_bytes_max = 256;
constexpr std::size_t phrase_depth_max = 6;
constexpr std::size_t answer_bytes_max = 2048;
constexpr std::size_t action_arguments_max = 16;
constexpr std::int64_t action_timeout_ms_default = 2000;
constexpr std::int64_t action_timeout_ms_max = 10000;

/// One piece of a parsed phrase template.
struct PhrasePart {
  enum class Kind : std::uint8_t { word, slot, sequence, alternatives, optional };
  Kind kind = Kind::word;
  std::string text;               // word, or the slot's name
  std::vector<PhrasePart> parts;  // of sequence, alternatives, optional
};

struct SlotValue {
  std::string spoken;  // words, as they are said: "living room", "twenty one"
  std::string value;   // what answers and actions get: "living room", "21"
};

struct Slot {
  std::string name;
  std::vector<SlotValue> values;
};

/// What an intent does besides answering. Texts may hold {slot}.
struct Action {
  enum class Kind : std::uint8_t { none, program, http };
  Kind kind = Kind::none;
  std::vector<std::string> arguments;  // program: argv, the first is an absolute path
  std::string method, url, body;       // http
  std::int64_t timeout_ms = action_timeout_ms_default;
  bool required = true;  // false: when the program is not installed, the answer is given all the same
};

struct Intent {
  std::string name;
  std::vector<std::string> phrase_texts;
  std::vector<PhrasePart> phrases;
  std::vector<std::string> answers;             // taken in turn; texts with {slot}, {time}, {date}, {said}, {result}
  std::map<std::string, std::string> ask;       // slot -> question when a phrase left it open
  std::map<std::string, std::string> defaults;  // slot -> value when a phrase left it open and nothing is asked
  std::string follow_up;                        // asked after the answer; the next utterance may answer it
  std::vector<std::string> after;               // only understood directly after one of these intents
  std::string failed;                           // answer when the action failed; empty: the file's action_failed
  Action action;
  std::string file;
  int line = 0;
};

struct Intents {
  std::string language = "en";
  std::vector<std::string> back_channel;
  std::vector<std::string> stop_phrases;
  std::string not_understood;
  std::string action_failed;
  std::map<std::string, std::string> pronunciations;  // word -> phones, for words the dictionary lacks
  std::map<std::string, Slot> slots;
  std::vector<Intent> intents;
};

/// One fault of a file; `text()` is "file:line: field: sentence".
struct IntentsError {
  std::string file;
  int line = 0;
  std::string field;
  std::string sentence;
  std::string text() const;
};

using IntentsResult = Result<Intents, std::vector<IntentsError>>;

/// Reads one or more files; later ones add intents and slots, and replace the general texts they name.
IntentsResult read_intents(const std::vector<std::string>& paths);
/// The same from memory; `name` stands for the file in errors.
IntentsResult parse_intents(std::string_view yaml, std::string_view name);

}  // namespace phalarope::hal
