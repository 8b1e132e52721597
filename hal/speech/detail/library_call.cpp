#include "hal/speech/detail/library_call.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace phalarope::hal::detail {
namespace {

constexpr int gave_up_code = 2;  // the program's "cannot be carried out"
thread_local const LibraryName* current = nullptr;

void say(const char* text) {
  const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(written);  // nothing is left to do about a closed stderr
}

void end_by_name() {
  if (current == nullptr) return;  // somebody else's exit
  say("phalarope: ");
  say(current->who);
  say(" gave up by itself: out of memory, or its data is damaged; raise memory.heap_mib of the board, or ");
  say(current->cure);
  say("\n");
  std::_Exit(gave_up_code);
}

}  // namespace

LibraryCall::LibraryCall(const LibraryName& library) noexcept : before_(current) {
  static const bool registered = std::atexit(end_by_name) == 0;
  static_cast<void>(registered);  // without it, the library's own words have to do
  current = &library;
}

LibraryCall::~LibraryCall() { current = before_; }

}  // namespace phalarope::hal::detail
