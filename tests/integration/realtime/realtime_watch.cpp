// A preloaded witness: counts what the audio and engine threads must never do once they loop (Q7).
//
//   malloc, calloc, realloc, free, aligned forms     "allocations"
//   pthread_mutex_lock, pthread_cond_wait, sem_wait  "locks"
//   page faults                                       counted by the program itself (getrusage), printed at its end
//
// A thread counts from its first poll or ppoll on: that is where both loops wait, so everything before is start-up.
// The witness allocates nothing itself; at the end it writes one line to the file $REALTIME_WATCH.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

std::atomic<unsigned long> allocations{0};
std::atomic<unsigned long> locks{0};
std::atomic<unsigned long> waits{0};
thread_local bool looping = false;

bool is_realtime_thread() {
  char name[16] = {};
  ::prctl(PR_GET_NAME, name);
  return std::strcmp(name, "phal-audio") == 0 || std::strcmp(name, "phal-engine") == 0;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void note_allocation() {
  if (looping) allocations.fetch_add(1, std::memory_order_relaxed);
}
void note_lock() {
  if (looping) locks.fetch_add(1, std::memory_order_relaxed);
}
void note_wait() {
  if (!looping && is_realtime_thread()) looping = true;
  if (looping) waits.fetch_add(1, std::memory_order_relaxed);
}

__attribute__((destructor)) void tell() {
  const char* path = std::getenv("REALTIME_WATCH");
  if (path == nullptr) return;
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  char line[128];
  const int length = std::snprintf(line, sizeof line, "allocations %lu locks %lu waits %lu\n", allocations.load(),
                                   locks.load(), waits.load());
  const auto written = ::write(fd, line, static_cast<std::size_t>(length));
  static_cast<void>(written);
  ::close(fd);
}

}  // namespace

extern "C" {

// glibc's own entry points, so that the witness needs no memory while it looks them up.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
  note_allocation();
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  note_allocation();
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  note_allocation();
  return __libc_realloc(memory, bytes);
}
void free(void* memory) {
  if (memory != nullptr) note_allocation();
  __libc_free(memory);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  note_allocation();
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? 12 : 0;
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  note_allocation();
  return __libc_memalign(alignment, bytes);
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static const auto real = next<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  note_lock();
  return real(mutex);
}
int sem_wait(sem_t* semaphore) {
  static const auto real = next<int (*)(sem_t*)>("sem_wait");
  note_lock();
  return real(semaphore);
}
int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  static const auto real = next<int (*)(pollfd*, nfds_t, int)>("poll");
  note_wait();
  return real(fds, count, timeout_ms);
}
int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  static const auto real = next<int (*)(pollfd*, nfds_t, const timespec*, const sigset_t*)>("ppoll");
  note_wait();
  return real(fds, count, timeout, mask);
}

}  // extern "C"
