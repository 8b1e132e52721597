// LastWords: while one lives, a thread that aborts says which world it was in. An invariant of the engine that ends the
// process (PHAL_ENFORCE) then prints the line that repeats it, like any other failure.
//
//   LastWords said(repeat_line(world));  ...  abort() ─▶ "repeat:    phalarope sim --seed 7 --turns 500   (in turn 37)"
//
// Signals: SIGABRT; SIGSEGV, SIGBUS and SIGFPE where nobody else (a sanitizer) listens. The words are made before, so
// that nothing is allocated in the handler. One at a time for each thread.
#pragma once

#include <cstdint>
#include <string>

namespace phalarope::sim {

class LastWords {
 public:
  explicit LastWords(const std::string& repeat);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  /// The world of this thread has opened so many turns.
  static void in_turn(std::uint64_t turn) noexcept;
};

}  // namespace phalarope::sim
