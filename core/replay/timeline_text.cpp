#include "core/replay/timeline_text.hpp"

#include <algorithm>
#include <cstdio>

#include "core/replay/event_fields.hpp"
#include "core/replay/safe_text.hpp"

namespace phalarope::replay {
namespace {

constexpr std::size_t bar_indent_columns = 13;
constexpr std::string_view reset = "\x1b[0m";

struct PhaseLook {
  SpanKind kind;
  std::string_view block;
  std::string_view ascii;
  std::string_view colour;
};
constexpr PhaseLook phase_looks[] = {
    {SpanKind::listening, "\u2588", "=", "\x1b[36m"},
    {SpanKind::thinking, "\u2593", "~", "\x1b[33m"},
    {SpanKind::speaking, "\u2588", "#", "\x1b[34m"},
    {SpanKind::held, "\u2592", "?", "\x1b[35m"},
};

std::string seconds(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(ns) / static_cast<double>(ns_per_second));
  return text;
}
std::string ms(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, ns % ns_per_ms == 0 ? "%.0f ms" : "%.1f ms",
                static_cast<double>(ns) / static_cast<double>(ns_per_ms));
  return text;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
}

class TextTimeline {
 public:
  TextTimeline(const ConversationLog& log, const TextTimelineOptions& options)
      : log_(log), options_(options), columns_(std::max(options.columns, text_columns_min)) {}

  std::string draw() {
    headline();
    for (const TurnLog& turn : log_.turns) draw_turn(turn);
    footer();
    return std::move(text_);
  }

 private:
  /// One line, cut to the columns. `colour` is around the whole line.
  void line(std::string_view content, std::string_view colour = {}) {
    std::string cut;
    std::size_t used = 0;
    const bool too_long = columns_of(content) > columns_;
    const std::size_t room = too_long ? columns_ - (options_.ascii ? 3 : 1) : columns_;
    for (const char byte : content) {
      if (!continues_character(byte) && ++used > room) break;
      cut += byte;
    }
    if (too_long) cut += options_.ascii ? "..." : "\u2026";
    while (!cut.empty() && cut.back() == ' ') cut.pop_back();
    if (options_.colour && !colour.empty() && !cut.empty()) {
      text_ += std::string(colour) + cut + std::string(reset) + "\n";
    } else {
      text_ += cut + "\n";
    }
  }
  /// `left`, and `right` at the right edge.
  std::string spread(const std::string& left, const std::string& right) const {
    const std::size_t used = columns_of(left) + columns_of(right);
    return left + std::string(used < columns_ ? columns_ - used : 1, ' ') + right;
  }
  std::string since_start(std::int64_t ns) const { return seconds(ns - log_.start_ns) + " s"; }

  void headline() {
    const auto safe = [&](std::string_view text) { return harmless(text, options_.ascii); };
    line(spread(safe(log_.names.session_id) + "  " + safe(log_.names.pipeline_version),
                std::to_string(log_.turns.size()) + " turns, " + seconds(log_.end_ns - log_.start_ns) + " s, " +
                    std::to_string(log_.events) + " events"),
         "\x1b[1m");
  }

  void draw_turn(const TurnLog& turn) {
    std::string end = turn.terminal == EventKind::none ? "open" : std::string(kind_text(turn.terminal));
    if (turn.reason != Reason::none) end += " (" + std::string(reason_text(turn.reason)) + ")";
    line("");
    line(spread("turn " + std::to_string(turn.number) + "  ticket " + std::to_string(turn.ticket), end), "\x1b[1m");
    words_of(turn);
    for (const PhaseLook& look : phase_looks) bar(turn, look);
    axis(turn);
    latencies(turn);
  }

  void words_of(const TurnLog& turn) {
    if (!turn.user_words.empty()) {
      line("  you        \"" + harmless(turn.user_words, options_.ascii) + "\"");
    }
    for (const AnswerSentence& sentence : turn.sentences) {
      if (!sentence.text.empty()) line("  board      \"" + harmless(sentence.text, options_.ascii) + "\"");
    }
    if (turn.words.empty()) return;
    std::string heard =
        "  heard      " + std::to_string(turn.words_heard()) + " of " + std::to_string(turn.words.size()) + " words";
    for (const SpokenWord& word : turn.words) {
      if (word.state == WordState::cut) heard += ", cut in \"" + harmless(word.text, options_.ascii) + "\"";
    }
    line(heard);
  }

  void bar(const TurnLog& turn, const PhaseLook& look) {
    const std::size_t cells = columns_ - bar_indent_columns;
    const std::int64_t start = turn.start_ns();
    const std::int64_t length = std::max<std::int64_t>(1, turn.end_ns() - start);
    std::vector<bool> filled(cells, false);
    bool any = false;
    for (const TimeSpan& span : turn.spans) {
      if (span.kind != look.kind) continue;
      any = true;
      const auto cell = [&](std::int64_t ns) {
        const auto at = static_cast<double>(ns - start) / static_cast<double>(length) * static_cast<double>(cells);
        return std::min(cells - 1, static_cast<std::size_t>(std::max(0.0, at)));
      };
      // Even the shortest span is worth one cell.
      const std::size_t last = std::max(cell(span.start_ns), cell(span.end_ns - 1));
      for (std::size_t i = cell(span.start_ns); i <= last; ++i) filled[i] = true;
    }
    if (!any) return;
    std::string drawn = "  " + std::string(name_of(look.kind));
    drawn.resize(bar_indent_columns, ' ');
    for (const bool cell : filled) drawn += cell ? (options_.ascii ? look.ascii : look.block) : " ";
    line(drawn, look.colour);
  }

  void axis(const TurnLog& turn) {
    std::string left(bar_indent_columns, ' ');
    left += since_start(turn.start_ns());
    line(spread(left, since_start(turn.end_ns())), "\x1b[2m");
  }

  void latencies(const TurnLog& turn) {
    const std::string arrow = options_.ascii ? " -> " : " \u2192 ";
    if (const auto response = turn.response_ns()) {
      line("  " + ms(*response) + "  end of speech" + arrow + "first sample");
    }
    for (const Interruption& held : turn.interruptions) {
      std::string story = "  held at " + since_start(held.held_ns);
      if (held.held_reason != Reason::none) story += " by " + std::string(reason_text(held.held_reason));
      story += ", " + std::string(name_of(held.verdict));
      if (held.verdict_reason != Reason::none) story += " by " + std::string(reason_text(held.verdict_reason));
      line(story);
      if (const auto duck = held.suspicion_to_duck_ns()) line("    " + ms(*duck) + "  suspicion" + arrow + "duck");
      if (const auto fence = held.confirm_to_fence_ns()) line("    " + ms(*fence) + "  confirm" + arrow + "fence");
      if (const auto tail = held.fence_to_silence_samples()) {
        line("    " + ms(*tail * ns_per_second / std::max<std::int64_t>(1, log_.sample_rate_hz)) + "  fence" + arrow +
             "last audible sample (" + std::to_string(*tail) + " samples)");
      }
      if (const auto silence = held.onset_to_silence_ns(log_.sample_rate_hz)) {
        line("    " + ms(*silence) + "  onset of speech" + arrow + "silence");
      }
    }
  }

  void footer() {
    if (log_.xruns.empty() && log_.lane_marks.empty() && log_.records_lost == 0 && log_.damage.empty()) return;
    line("");
    for (const LogXrun& xrun : log_.xruns) {
      line("xrun     " + since_start(xrun.at_ns) + "  " + std::string(reason_text(xrun.reason)) + ", samples " +
           std::to_string(xrun.first_sample) + ".." + std::to_string(xrun.last_sample));
    }
    for (const LogEvent& mark : log_.lane_marks) {
      line("lane     " + since_start(mark.event.mono_ns) + "  " + std::string(kind_text(mark.event.kind)) + " " +
           std::string(lane_text(mark.event.target_lane)));
    }
    if (log_.records_lost > 0) line("lost     " + std::to_string(log_.records_lost) + " records");
    for (const Damage& damage : log_.damage) {
      line("damage   " + harmless(damage.what, options_.ascii) + ", " + std::to_string(damage.bytes) + " bytes");
    }
  }

  const ConversationLog& log_;
  const TextTimelineOptions& options_;
  std::size_t columns_;
  std::string text_;
};

}  // namespace

std::string timeline_text(const ConversationLog& log, const TextTimelineOptions& options) {
  return TextTimeline(log, options).draw();
}

}  // namespace phalarope::replay
