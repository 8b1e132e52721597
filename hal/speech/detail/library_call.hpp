// LibraryCall: while one lives, its thread is inside a library that answers its own failures with exit().
//
//   LibraryCall inside(pocketsphinx);
//   ps_init(...) ──calloc fails──▶ exit(-1) ──▶ at exit: is this thread inside? ─▶ one sentence on stderr, _Exit(2)
//
// pocketsphinx and flite end the process when they get no memory, or when a model is damaged, with a code and words of
// their own. With this, the end is the program's: who gave up, what to do, exit code 2, and no destructor runs under
// threads that still work. What was flushed is kept, as with any end of the process (tests/fault/README.md).
// Any thread; costs one thread-local store. Contract: design.md "Isolation".
#pragma once

namespace phalarope::hal::detail {

/// Who is called and, as a clause, what to do when it gives up. Lives as long as the process.
struct LibraryName {
  const char* who;
  const char* cure;
};

class LibraryCall {
 public:
  explicit LibraryCall(const LibraryName& library) noexcept;
  ~LibraryCall();
  LibraryCall(const LibraryCall&) = delete;
  LibraryCall& operator=(const LibraryCall&) = delete;

 private:
  const LibraryName* before_;
};

}  // namespace phalarope::hal::detail
