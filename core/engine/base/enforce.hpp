// Assertions in two strengths.
//
// PHAL_ENFORCE stays on in release: it protects the world (fence, epoch, terminal-once, ring ownership, slab
// generation). PHAL_ASSERT is on in debug, simulation and fuzz builds (PHALAROPE_ASSERTIONS). An assertion says
// what a programmer got wrong; whatever the world can cause is an error value, never an assertion.
// A violated assertion writes one line to stderr and aborts: a wrong engine must not go on speaking.
#pragma once

namespace phalarope::detail {
[[noreturn]] void enforce_failed(const char* condition, const char* sentence, const char* file, int line) noexcept;
}

#define PHAL_ENFORCE(condition, sentence)            \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::phalarope::detail::enforce_failed(#condition, sentence, __FILE__, __LINE__))

#if defined(PHALAROPE_ASSERTIONS)
#define PHAL_ASSERT(condition, sentence) PHAL_ENFORCE(condition, sentence)
#else
#define PHAL_ASSERT(condition, sentence) static_cast<void>(sizeof(!(condition)))
#endif
