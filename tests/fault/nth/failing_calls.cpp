// A preloaded saboteur: the N-th system call or the N-th allocation of a program fails, all others do not (Q17).
//
//   main() begins ─▶ each call of the C library that enters the kernel ─▶ count ─┬─ is it the N-th? ─▶ -1 and errno
//                 ─▶ each malloc, calloc, realloc, new, aligned form   ─▶ count ─┴─ is it the N-th? ─▶ null, bad_alloc
//
//   FAIL_CALL=N FAIL_ALLOCATION=N   which one fails, counted from 1 when main() begins; 0 or nothing: none
//   FAIL_ERRNO=E                    what the call says (EIO)
//   FAIL_REPORT=FILE                lines "calls N", "allocations N", "struck NAME"; where nothing was to fail also
//                                   "place call|allocation N NAME" for the first of each distinct call stack
//
// What is not seen: calls that the C library makes for itself (a thread's stack, the pages of its own heap).
// Left out, because the world cannot make them fail: close, munmap, madvise; getrandom, which on a running kernel
// always answers (libsodium ends the process otherwise); mprotect, by which mimalloc takes pages of the region it holds
// (refused only under vm.overcommit_memory=2, and then fatal: tests/fault/README.md).
// Any thread. Nothing here allocates; the report is written as it happens, so that a crash loses none of it.
#include <cxxabi.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

namespace {

constexpr std::size_t places_max = 1 << 16;  // distinct call stacks that are told apart
constexpr int frames_max = 12;               // of a call stack; deeper ones are one place

struct Kind {
  const char* name;
  std::atomic<std::uint64_t> count{0};
  std::uint64_t fatal = 0;
};
Kind calls{.name = "call"};
Kind allocations{.name = "allocation"};
std::atomic<bool> armed{false};
bool lists_places = false;
int error_said = EIO;
int report_fd = -1;
thread_local bool inside = false;  // what the saboteur itself calls is not counted

std::uint64_t number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

template <typename Function>
Function next(const char* name) {
  inside = true;
  const auto found = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
  inside = false;
  return found;
}

void tell(const char* line, int length) {
  if (report_fd < 0) return;
  static const auto write_next = next<ssize_t (*)(int, const void*, std::size_t)>("write");
  static_cast<void>(write_next(report_fd, line, static_cast<std::size_t>(length)));
}

/// These use what malloc gave without a look; the program asks for as much itself before (echo_canceller.cpp,
/// voice_detector.cpp).
constexpr const char* unguarded_libraries[] = {"libspeexdsp", "libwebrtc_audio_processing"};
struct CodeRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};
CodeRange unguarded[std::size(unguarded_libraries)];

int note_unguarded(dl_phdr_info* object, std::size_t, void*) {
  for (std::size_t library = 0; library < std::size(unguarded_libraries); ++library) {
    if (std::strstr(object->dlpi_name, unguarded_libraries[library]) == nullptr) continue;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
      const auto& part = object->dlpi_phdr[i];
      if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
      unguarded[library].begin = object->dlpi_addr + part.p_vaddr;
      unguarded[library].end = unguarded[library].begin + part.p_memsz;
    }
  }
  return 0;
}

bool is_unguarded(const void* caller) {
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  return std::ranges::any_of(unguarded,
                             [&](const CodeRange& code) { return address >= code.begin && address < code.end; });
}

struct Walk {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  int frames = 0;
};

_Unwind_Reason_Code take_frame(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  walk.hash = (walk.hash ^ _Unwind_GetIP(context)) * 1099511628211ULL;
  return ++walk.frames < frames_max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/// True once for each distinct call stack.
bool is_a_new_place() {
  static std::array<std::atomic<std::uint64_t>, places_max> seen{};
  Walk walk;
  _Unwind_Backtrace(take_frame, &walk);
  const std::uint64_t hash = walk.hash | 1U;
  for (std::size_t i = 0; i < places_max; ++i) {
    std::atomic<std::uint64_t>& slot = seen[(hash + i) % places_max];
    std::uint64_t there = slot.load();
    if (there == 0 && slot.compare_exchange_strong(there, hash)) return true;
    if (there == hash) return false;
  }
  return false;
}

/// Counts one, and says whether this one shall fail.
bool strikes(Kind& kind, const char* name) {
  if (inside || !armed.load(std::memory_order_relaxed)) return false;
  const std::uint64_t number = kind.count.fetch_add(1) + 1;
  if (!lists_places && number != kind.fatal) return false;
  inside = true;
  char line[128];
  if (number == kind.fatal) {
    tell(line, std::snprintf(line, sizeof line, "struck %s\n", name));
  } else if (is_a_new_place()) {
    tell(line, std::snprintf(line, sizeof line, "place %s %llu %s\n", kind.name,
                             static_cast<unsigned long long>(number), name));
  }
  inside = false;
  return number == kind.fatal;
}

bool call_strikes(const char* name) {
  if (!strikes(calls, name)) return false;
  errno = error_said;
  return true;
}
bool allocation_strikes(const char* name) { return strikes(allocations, name); }

void begin() {
  calls.fatal = number_in("FAIL_CALL");
  allocations.fatal = number_in("FAIL_ALLOCATION");
  if (const std::uint64_t error = number_in("FAIL_ERRNO"); error != 0) error_said = static_cast<int>(error);
  ::dl_iterate_phdr(note_unguarded, nullptr);
  lists_places = calls.fatal == 0 && allocations.fatal == 0;
  const char* const path = std::getenv("FAIL_REPORT");
  if (path != nullptr) report_fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  armed.store(true);
}

__attribute__((destructor)) void end() {
  armed.store(false);
  char line[128];
  tell(line, std::snprintf(line, sizeof line, "calls %llu\nallocations %llu\n",
                           static_cast<unsigned long long>(calls.count.load()),
                           static_cast<unsigned long long>(allocations.count.load())));
}

// dlsym() may allocate before the allocator behind this one is known; it is served from here and never freed.
alignas(16) std::array<std::byte, 4096> first_bytes{};
std::size_t first_bytes_used = 0;

void* first_memory(std::size_t bytes) {
  void* const memory = first_bytes.data() + first_bytes_used;
  first_bytes_used += (bytes + 15U) & ~std::size_t{15};
  return first_bytes_used <= first_bytes.size() ? memory : nullptr;
}
bool is_first_memory(const void* memory) {
  return memory >= first_bytes.data() && memory < first_bytes.data() + first_bytes.size();
}

/// The allocator that would serve the program without the saboteur (mimalloc, in the program).
struct Allocator {
  void* (*malloc)(std::size_t);
  void* (*calloc)(std::size_t, std::size_t);
  void* (*realloc)(void*, std::size_t);
  void (*free)(void*);
  int (*posix_memalign)(void**, std::size_t, std::size_t);
  bool known = false;
  bool looking = false;
};
Allocator behind;

bool find_allocator() {
  if (behind.known) return true;
  if (behind.looking) return false;
  behind.looking = true;
  behind.malloc = next<decltype(behind.malloc)>("malloc");
  behind.calloc = next<decltype(behind.calloc)>("calloc");
  behind.realloc = next<decltype(behind.realloc)>("realloc");
  behind.free = next<decltype(behind.free)>("free");
  behind.posix_memalign = next<decltype(behind.posix_memalign)>("posix_memalign");
  behind.known = true;
  return true;
}

void* allocate(std::size_t bytes) { return find_allocator() ? behind.malloc(bytes) : first_memory(bytes); }

void* allocate_aligned(std::size_t alignment, std::size_t bytes) {
  void* memory = nullptr;
  if (!find_allocator()) return first_memory(bytes);
  const std::size_t least = sizeof(void*);
  return behind.posix_memalign(&memory, alignment < least ? least : alignment, bytes) == 0 ? memory : nullptr;
}

void* new_or_throw(std::size_t bytes, std::size_t alignment = 0) {
  void* const memory = allocation_strikes("new") ? nullptr
                       : alignment == 0          ? allocate(bytes == 0 ? 1 : bytes)
                                                 : allocate_aligned(alignment, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

using Main = int (*)(int, char**, char**);
Main real_main = nullptr;
int armed_main(int argc, char** argv, char** environment) {
  begin();
  return real_main(argc, argv, environment);
}

mode_t mode_of(int flags, std::va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

// A call of the C library, and what it answers when it fails.
#define FAILING_CALL(result, name, failure, parameters, arguments) \
  result name parameters {                                         \
    static const auto real = next<result(*) parameters>(#name);    \
    if (call_strikes(#name)) return failure;                       \
    return real arguments;                                         \
  }
// The same for those that answer the errno value itself.
#define FAILING_CODE(name, parameters, arguments)            \
  int name parameters {                                      \
    static const auto real = next<int(*) parameters>(#name); \
    if (call_strikes(#name)) return error_said;              \
    return real arguments;                                   \
  }

extern "C" {

int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*unload)(), void* stack) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  real_main = main;
  return next<Start>("__libc_start_main")(armed_main, argc, argv, init, fini, unload, stack);
}

int open(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open");
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return call_strikes("open") ? -1 : real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open64");
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return call_strikes("open") ? -1 : real(path, flags, mode);
}

FAILING_CALL(FILE*, fopen, nullptr, (const char* path, const char* mode), (path, mode))
FAILING_CALL(FILE*, fopen64, nullptr, (const char* path, const char* mode), (path, mode))
FAILING_CALL(std::size_t, fread, 0, (void* to, std::size_t size, std::size_t count, FILE* from),
             (to, size, count, from))
FAILING_CALL(int, fflush, EOF, (FILE * file), (file))
FAILING_CALL(DIR*, opendir, nullptr, (const char* path), (path))
FAILING_CALL(dirent*, readdir, nullptr, (DIR * stream), (stream))
FAILING_CALL(ssize_t, read, -1, (int fd, void* to, std::size_t bytes), (fd, to, bytes))
FAILING_CALL(ssize_t, write, -1, (int fd, const void* from, std::size_t bytes), (fd, from, bytes))
FAILING_CALL(ssize_t, writev, -1, (int fd, const iovec* pieces, int count), (fd, pieces, count))
FAILING_CALL(ssize_t, pread, -1, (int fd, void* to, std::size_t bytes, off_t at), (fd, to, bytes, at))
FAILING_CALL(ssize_t, pwrite, -1, (int fd, const void* from, std::size_t bytes, off_t at), (fd, from, bytes, at))
FAILING_CALL(ssize_t, pread64, -1, (int fd, void* to, std::size_t bytes, off64_t at), (fd, to, bytes, at))
FAILING_CALL(ssize_t, pwrite64, -1, (int fd, const void* from, std::size_t bytes, off64_t at), (fd, from, bytes, at))
FAILING_CALL(off_t, lseek, -1, (int fd, off_t at, int whence), (fd, at, whence))
FAILING_CALL(off64_t, lseek64, -1, (int fd, off64_t at, int whence), (fd, at, whence))
FAILING_CALL(int, ftruncate, -1, (int fd, off_t bytes), (fd, bytes))
FAILING_CALL(int, ftruncate64, -1, (int fd, off64_t bytes), (fd, bytes))
FAILING_CODE(posix_fallocate, (int fd, off_t at, off_t bytes), (fd, at, bytes))
FAILING_CODE(posix_fallocate64, (int fd, off64_t at, off64_t bytes), (fd, at, bytes))
FAILING_CALL(int, sync_file_range, -1, (int fd, off64_t at, off64_t bytes, unsigned how), (fd, at, bytes, how))
FAILING_CALL(int, fdatasync, -1, (int fd), (fd))
FAILING_CALL(int, fsync, -1, (int fd), (fd))
FAILING_CALL(int, stat, -1, (const char* path, struct stat* to), (path, to))
FAILING_CALL(int, stat64, -1, (const char* path, struct stat64* to), (path, to))
FAILING_CALL(int, fstat, -1, (int fd, struct stat* to), (fd, to))
FAILING_CALL(int, fstat64, -1, (int fd, struct stat64* to), (fd, to))
FAILING_CALL(int, mkdir, -1, (const char* path, mode_t mode), (path, mode))
FAILING_CALL(int, rename, -1, (const char* from, const char* to), (from, to))
FAILING_CALL(int, unlink, -1, (const char* path), (path))
FAILING_CALL(int, unlinkat, -1, (int at, const char* path, int flags), (at, path, flags))
FAILING_CALL(ssize_t, readlink, -1, (const char* path, char* to, std::size_t bytes), (path, to, bytes))
FAILING_CALL(void*, mmap, MAP_FAILED, (void* at, std::size_t bytes, int rights, int flags, int fd, off_t from),
             (at, bytes, rights, flags, fd, from))
FAILING_CALL(void*, mmap64, MAP_FAILED, (void* at, std::size_t bytes, int rights, int flags, int fd, off64_t from),
             (at, bytes, rights, flags, fd, from))
FAILING_CALL(int, mlockall, -1, (int flags), (flags))
FAILING_CALL(int, memfd_create, -1, (const char* name, unsigned flags), (name, flags))
FAILING_CALL(int, eventfd, -1, (unsigned count, int flags), (count, flags))
FAILING_CALL(int, timerfd_create, -1, (int clock, int flags), (clock, flags))
FAILING_CODE(pthread_create, (pthread_t * thread, const pthread_attr_t* how, void* (*body)(void*), void* argument),
             (thread, how, body, argument))
FAILING_CODE(pthread_setschedparam, (pthread_t thread, int policy, const sched_param* how), (thread, policy, how))
FAILING_CODE(pthread_setaffinity_np, (pthread_t thread, std::size_t bytes, const cpu_set_t* cores),
             (thread, bytes, cores))

void* malloc(std::size_t bytes) {
  if (!is_unguarded(__builtin_return_address(0)) && allocation_strikes("malloc")) return errno = ENOMEM, nullptr;
  return allocate(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  if (!is_unguarded(__builtin_return_address(0)) && allocation_strikes("calloc")) return errno = ENOMEM, nullptr;
  return find_allocator() ? behind.calloc(count, bytes) : first_memory(count * bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  if (allocation_strikes("realloc")) return errno = ENOMEM, nullptr;
  if (is_first_memory(memory)) std::abort();  // dlsym() is not known to do this
  return find_allocator() ? behind.realloc(memory, bytes) : nullptr;
}
void free(void* memory) {
  if (memory != nullptr && !is_first_memory(memory) && find_allocator()) behind.free(memory);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  if (allocation_strikes("posix_memalign")) return ENOMEM;
  *memory = allocate_aligned(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return allocation_strikes("aligned_alloc") ? (errno = ENOMEM, nullptr) : allocate_aligned(alignment, bytes);
}

}  // extern "C"

void* operator new(std::size_t bytes) { return new_or_throw(bytes); }
void* operator new[](std::size_t bytes) { return new_or_throw(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return new_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return new_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocation_strikes("new") ? nullptr : allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocation_strikes("new") ? nullptr : allocate(bytes);
}
void operator delete(void* memory) noexcept { ::free(memory); }
void operator delete[](void* memory) noexcept { ::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { ::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { ::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { ::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { ::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { ::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { ::free(memory); }
