// A node with every bad habit; the text of the question says which one it shows. Anything else is answered well.
//
// Fault model: the child may crash, exit, hang, spin, close what it was given, ignore a cancel, and write any byte into
// the shared memory at any time: false slot numbers, lengths, kinds, tickets, node ids, too many results.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "phalarope_node.hpp"

namespace {

using phalarope::sdk::Command;

class HostileNode final : public phalarope::sdk::Node {
 public:
  explicit HostileNode(std::string habit) : habit_(std::move(habit)) {}

  int init() override {
    region_ = static_cast<phal_region*>(
        mmap(nullptr, sizeof(phal_region), PROT_READ | PROT_WRITE, MAP_SHARED, PHAL_MEMORY_FD, 0));
    if (habit_ == "hang_in_init") hang();
    if (habit_ == "crash_in_init") raise(SIGSEGV);
    if (habit_ == "exit_in_init") _exit(0);
    return habit_ == "refuse_in_init" ? 7 : 0;
  }
  int handle(Command command) override {
    const std::string what(command.text());
    if (command.kind() != PHAL_COMMAND_DIALOGUE_ASK && command.kind() != PHAL_COMMAND_SYNTHESISE) return 0;
    if (habit_ == "crash_always") raise(SIGSEGV);
    if (what == "crash") raise(SIGSEGV);
    if (what == "crash_half_way") {
      command.emit_text(PHAL_DIALOGUE_SENTENCE, 0, 0, "half an answer");
      raise(SIGSEGV);
    }
    if (what == "exit") _exit(0);
    if (what == "kill_me") raise(SIGKILL);
    if (what == "hang") hang();
    if (what == "stop") {
      raise(SIGSTOP);
      hang();
    }
    if (what == "answer_after_cancel") {
      while (!command.cancelled()) usleep(1000);
      return lie_well(command);
    }
    if (what == "hang_unless_cancelled") {
      while (!command.cancelled()) usleep(1000);
      return 0;
    }
    if (what == "spin") {
      volatile bool forever = true;
      while (forever) {
      }
    }
    if (what == "close_everything") {
      for (int fd = 0; fd < 64; ++fd) close(fd);
      hang();
    }
    if (what == "shrink_memory") return ftruncate(PHAL_MEMORY_FD, 0) == 0 ? 0 : 11;
    if (what == "allocate") return allocate();
    if (what == "fork") return fork_and_stay();
    if (what == "escape") return fork_and_leave_the_group();
    if (what == "look_into_the_host") return look_into_the_host();
    if (what == "many_files") return open_files();
    if (what == "error") return 3;
    if (what == "flood") {
      for (;;) command.emit_text(PHAL_DIALOGUE_SENTENCE, 0, 0, "and");
    }
    if (what == "flood_socket") {
      for (;;) static_cast<void>(!send(PHAL_SOCKET_FD, "xxxx", 4, MSG_DONTWAIT | MSG_NOSIGNAL));
    }
    if (what == "scribble") scribble();
    if (what == "environment") return answer(command, environment());
    if (what == "wrong_kind") return lie(command, [](phal_slot& slot) { slot.event.kind = PHAL_SYNTHESIS_FRAME; });
    if (what == "command_kind") return lie(command, [](phal_slot& slot) { slot.event.kind = 768; });
    if (what == "wrong_ticket") return lie(command, [](phal_slot& slot) { ++slot.event.ticket; });
    if (what == "wrong_node") return lie(command, [](phal_slot& slot) { slot.event.node = 200; });
    if (what == "wrong_turn") return lie(command, [](phal_slot& slot) { ++slot.event.turn_number; });
    if (what == "wrong_command") return lie(command, [](phal_slot& slot) { slot.command = 999; });
    if (what == "wrong_type") return lie(command, [](phal_slot& slot) { slot.type = 4711; });
    if (what == "huge_payload") return lie(command, [](phal_slot& slot) { slot.payload_bytes = 0xFFFFFFFF; });
    if (what == "bad_text") return lie(command, [](phal_slot& slot) { slot.payload[0] = 0xFF; });
    if (what == "bad_argument") return lie(command, [](phal_slot& slot) { slot.event.argument_a = INT64_MIN; });
    if (what == "bad_number") return lie(command, [](phal_slot& slot) { slot.number += 12345; });
    return answer(command, what);
  }

 private:
  static void hang() {
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  static int answer(const Command& command, const std::string& text) {
    if (command.kind() == PHAL_COMMAND_SYNTHESISE) {
      command.emit(PHAL_SYNTHESIS_DONE, 0, 0);
      return 0;
    }
    command.emit_text(PHAL_DIALOGUE_SENTENCE, 0, 0, text);
    command.emit(PHAL_DIALOGUE_DONE, 1, 0);
    return 0;
  }
  /// One result as it should be, bent in one place before it is published by hand.
  template <typename Bend>
  int lie(const Command& command, Bend bend) {
    static phal_slot lie;
    const std::uint64_t position = results_position();
    lie.number = position + 1;
    lie.command = current_command();
    lie.type = phal_record_result;
    lie.event.kind = PHAL_DIALOGUE_SENTENCE;
    lie.event.ticket = command.event().ticket;
    lie.event.turn_number = command.event().turn_number;
    lie.event.session_slot = command.event().session_slot;
    lie.event.node = command.event().node;
    lie.payload_bytes = 1;
    lie.payload[0] = 'x';
    bend(lie);
    phal_slot& slot = region_->results[position % PHAL_RESULT_SLOTS];
    std::memcpy(reinterpret_cast<char*>(&slot) + sizeof slot.number, reinterpret_cast<char*>(&lie) + sizeof slot.number,
                sizeof slot - sizeof slot.number);
    __atomic_store_n(&slot.number, lie.number, __ATOMIC_SEQ_CST);
    hang();
    return 0;
  }
  /// A whole answer, published by hand: the SDK would not send it any more. And it never comes back.
  int lie_well(const Command& command) {
    const std::uint64_t first = results_position();
    for (std::uint64_t i = 0; i < 3; ++i) publish_by_hand(command, first + i);
    hang();
    return 0;
  }
  void publish_by_hand(const Command& command, std::uint64_t position) {
    phal_slot& slot = region_->results[position % PHAL_RESULT_SLOTS];
    slot.command = current_command();
    slot.type = phal_record_result;
    slot.event.kind = PHAL_DIALOGUE_SENTENCE;
    slot.event.ticket = command.event().ticket;
    slot.event.turn_number = command.event().turn_number;
    slot.payload_bytes = 1;
    slot.payload[0] = 'x';
    __atomic_store_n(&slot.number, position + 1, __ATOMIC_SEQ_CST);
  }
  std::uint64_t results_position() const { return __atomic_load_n(&region_->results_taken, __ATOMIC_SEQ_CST); }
  std::uint64_t current_command() const {
    std::uint64_t newest = 0;
    for (const phal_slot& slot : region_->commands) newest = slot.command > newest ? slot.command : newest;
    return newest;
  }
  [[noreturn]] void scribble() {
    auto* const bytes = reinterpret_cast<unsigned char*>(region_);
    for (unsigned seed = 1;; seed = seed * 1664525U + 1013904223U) {
      bytes[seed % sizeof(phal_region)] = static_cast<unsigned char>(seed >> 24);
    }
  }
  static int allocate() {
    for (int mib = 0; mib < 4096; ++mib) {
      void* const block = std::malloc(1 << 20);
      if (block == nullptr) return 12;
      std::memset(block, 1, 1 << 20);
    }
    return 0;
  }
  static int fork_and_stay() {
    for (int i = 0; i < 3; ++i) {
      if (fork() == 0) hang();
    }
    raise(SIGSEGV);
    return 0;
  }
  /// Children that try every way out of the group, and grandchildren of theirs that nobody waits for.
  static int fork_and_leave_the_group() {
    for (int i = 0; i < 3; ++i) {
      if (fork() != 0) continue;
      setsid();
      setpgid(0, 0);
      if (fork() == 0) hang();
      _exit(0);
    }
    raise(SIGSEGV);
    return 0;
  }
  static int look_into_the_host() {
    const bool refused = ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr) != 0 && errno == EPERM;
    return refused ? 14 : 0;
  }
  static int open_files() {
    for (int i = 0; i < 4096; ++i) {
      if (open("/dev/null", O_RDONLY) < 0) return 13;
    }
    return 0;
  }
  /// What the process was given: variables, the number of open files, the core limit.
  static std::string environment() {
    std::string told;
    for (char** at = ::environ; *at != nullptr; ++at) told += std::string(*at) + ";";
    int open_files = 0;
    for (int fd = 0; fd < 256; ++fd) open_files += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    rlimit core{};
    getrlimit(RLIMIT_CORE, &core);
    return told + "files " + std::to_string(open_files) + ";core " + std::to_string(core.rlim_cur) + ";group " +
           (getpgrp() == getpid() ? "own" : "shared");
  }

  std::string habit_;
  phal_region* region_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  HostileNode node(argc > 1 ? argv[1] : "");
  return phalarope::sdk::run(node);
}
