#include "firmware_images/gates/utc_time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace phalarope::gates {
namespace {

constexpr std::int64_t ms_per_minute = 60'000;

/// Reads fixed-width fields off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  char one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      fail();
      return '\0';
    }
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }
  /// `.123456`: whole milliseconds of it.
  std::int64_t fraction_ms() {
    if (!rest_.starts_with('.')) return 0;
    rest_.remove_prefix(1);
    std::int64_t ms = 0;
    std::size_t digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits, rest_.remove_prefix(1)) {
      if (digits < 3) ms = ms * 10 + (rest_.front() - '0');
    }
    if (digits == 0) fail();
    for (; digits < 3; ++digits) ms *= 10;
    return ms;
  }
  bool done() const { return sound_ && rest_.empty(); }
  bool sound() const { return sound_; }

 private:
  int fail() {
    sound_ = false;
    return 0;
  }
  std::string_view rest_;
  bool sound_ = true;
};

}  // namespace

std::optional<std::int64_t> utc_ms_from(std::string_view text) {
  using namespace std::chrono;
  Scanner scan(text);
  const int years = scan.number(4);
  scan.one_of("-");
  const int months = scan.number(2);
  scan.one_of("-");
  const int days_of_month = scan.number(2);
  scan.one_of("Tt");
  const int hours_of_day = scan.number(2);
  scan.one_of(":");
  const int minutes_of_hour = scan.number(2);
  scan.one_of(":");
  const int seconds_of_minute = scan.number(2);
  const std::int64_t fraction_ms = scan.fraction_ms();
  const char zone = scan.one_of("Zz+-");
  std::int64_t offset_minutes = 0;
  if (zone == '+' || zone == '-') {
    const int offset_hours = scan.number(2);
    scan.one_of(":");
    const int offset_rest = scan.number(2);
    if (offset_hours > 23 || offset_rest > 59) return std::nullopt;
    offset_minutes = (zone == '+' ? 1 : -1) * (offset_hours * 60 + offset_rest);
  }
  const year_month_day date{year(years), month(static_cast<unsigned>(months)),
                            day(static_cast<unsigned>(days_of_month))};
  constexpr int leap_second = 60;
  if (!scan.done() || !date.ok() || hours_of_day > 23 || minutes_of_hour > 59 || seconds_of_minute > leap_second) {
    return std::nullopt;
  }
  const milliseconds since =
      sys_days(date).time_since_epoch() + hours(hours_of_day) + minutes(minutes_of_hour) + seconds(seconds_of_minute);
  return since.count() + fraction_ms - offset_minutes * ms_per_minute;
}

std::string utc_text(std::int64_t utc_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(utc_ms)};
  const auto midnight = floor<days>(at);
  const year_month_day date(midnight);
  const hh_mm_ss time(at - midnight);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:03}", time.subseconds().count());
  return text + "Z";
}

std::int64_t utc_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace phalarope::gates
