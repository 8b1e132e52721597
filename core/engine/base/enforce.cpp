// The last words of a violated invariant: one line, then abort. No stdio: it might allocate or lock.
#include "core/engine/base/enforce.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace phalarope::detail {
namespace {
void say(const char* text) noexcept {
  const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(written);  // nothing can be done about a closed stderr while aborting
}
}  // namespace

void enforce_failed(const char* condition, const char* sentence, const char* file, int line) noexcept {
  char digits[12];
  int at = static_cast<int>(sizeof digits) - 1;
  digits[at] = '\0';
  do {
    digits[--at] = static_cast<char>('0' + line % 10);
    line /= 10;
  } while (line != 0 && at > 0);
  say("phalarope: invariant violated: ");
  say(sentence);
  say(" (");
  say(condition);
  say(") at ");
  say(file);
  say(":");
  say(&digits[at]);
  say("\n");
  std::abort();
}

}  // namespace phalarope::detail
