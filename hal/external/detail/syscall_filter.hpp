// What a node's process may not ask of the kernel: leave its process group, or look into other processes.
//
// A node is ended by killing its group. setsid and setpgid are the two ways out of a group, so both answer EPERM; with
// them gone, one kill reaches every descendant, however deep and whoever its parent is by then. ptrace and its kin are
// how a process of the same user would reach into the engine. The filter is inherited and cannot be taken off.
//
// Not here: a sandbox. Files, sockets and signals are the user's and the unit's affair (firmware_images units).
// Pure; built before vfork, installed by one prctl in the child. Contract: decisions.md D18.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace phalarope::hal::detail {

#if defined(__x86_64__)
constexpr std::uint32_t native_architecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t foreign_calls_first = 0x40000000;  // the x32 form: the same calls under other numbers
#elif defined(__aarch64__)
constexpr std::uint32_t native_architecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t foreign_calls_first = 0xFFFFFFFF;
#elif defined(__arm__)
constexpr std::uint32_t native_architecture = AUDIT_ARCH_ARM;
constexpr std::uint32_t foreign_calls_first = 0xFFFFFFFF;
#else
#error "name this processor's AUDIT_ARCH_ here"
#endif

constexpr std::array<std::uint32_t, 5> refused_calls = {SYS_setsid, SYS_setpgid, SYS_ptrace, SYS_process_vm_readv,
                                                        SYS_process_vm_writev};
constexpr std::size_t filter_steps = 6 + refused_calls.size() + 1;
using SyscallFilter = std::array<sock_filter, filter_steps>;

constexpr sock_filter step(std::uint32_t code, std::uint32_t value) noexcept {
  return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = value};
}
constexpr sock_filter jump(std::uint32_t code, std::uint32_t value, std::size_t if_true,
                           std::size_t if_false) noexcept {
  return {.code = static_cast<std::uint16_t>(code),
          .jt = static_cast<std::uint8_t>(if_true),
          .jf = static_cast<std::uint8_t>(if_false),
          .k = value};
}

/// The program, top to bottom: architecture, number, one comparison for each refused call, allow, refuse.
constexpr SyscallFilter syscall_filter() noexcept {
  SyscallFilter filter{};
  constexpr std::size_t refuse_at = filter_steps - 1;
  std::size_t at = 0;
  filter[at++] = step(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  filter[at++] = jump(BPF_JMP | BPF_JEQ | BPF_K, native_architecture, 1, 0);
  filter[at++] = step(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);  // other numbers, so nothing could be told apart
  filter[at++] = step(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  filter[at] = jump(BPF_JMP | BPF_JGE | BPF_K, foreign_calls_first, refuse_at - at - 1, 0);
  ++at;
  for (const std::uint32_t call : refused_calls) {
    filter[at] = jump(BPF_JMP | BPF_JEQ | BPF_K, call, refuse_at - at - 1, 0);
    ++at;
  }
  filter[at++] = step(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[at++] = step(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  return filter;
}
static_assert(syscall_filter().back().k == (SECCOMP_RET_ERRNO | EPERM) &&
                  syscall_filter()[filter_steps - 2].k == SECCOMP_RET_ALLOW,
              "the last two steps allow and refuse, and every jump to a refusal ends at the last");

}  // namespace phalarope::hal::detail
