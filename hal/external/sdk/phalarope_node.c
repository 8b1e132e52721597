// The node's side of the boundary. See phalarope_node.h.
#define _GNU_SOURCE
#include "phalarope_node.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { nap_ms = 1000, room_nap_ms = 1, exit_misused = 64, exit_layout = 65, exit_left_alone = 0 };

struct phal_node {
  phal_region* region;
  const phal_event* in_hand;  // NULL: no command is
  uint64_t command_number;
  uint64_t commands_position;
  uint64_t results_position;
  uint64_t cancelled_told;
  bool host_gone;
};

/// Sleeps until the host says "look", or for `wait_ms`.
static void wait_for_host(phal_node* node, int wait_ms) {
  struct pollfd socket = {.fd = PHAL_SOCKET_FD, .events = POLLIN, .revents = 0};
  if (poll(&socket, 1, wait_ms) <= 0) return;
  char bytes[64];
  const ssize_t count = recv(PHAL_SOCKET_FD, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) node->host_gone = true;
}

static void wake_host(phal_node* node) {
  if (__atomic_exchange_n(&node->region->host_sleeps, 0, __ATOMIC_SEQ_CST) == 0) return;
  const char look = 1;
  (void)!send(PHAL_SOCKET_FD, &look, 1, MSG_DONTWAIT | MSG_NOSIGNAL);  // a full socket: it is being woken already
}

/// Waits for a free slot; NULL when the host is gone or the command was cancelled meanwhile.
static phal_slot* next_result(phal_node* node, bool even_if_cancelled) {
  phal_region* region = node->region;
  while (node->results_position - __atomic_load_n(&region->results_taken, __ATOMIC_ACQUIRE) >= PHAL_RESULT_SLOTS) {
    if (node->host_gone || (!even_if_cancelled && phal_cancelled(node))) return NULL;
    wake_host(node);
    wait_for_host(node, room_nap_ms);
  }
  return &region->results[node->results_position % PHAL_RESULT_SLOTS];
}

static void publish(phal_node* node, phal_slot* slot, uint32_t type, int32_t status) {
  slot->command = node->command_number;
  slot->type = type;
  slot->status = status;
  ++node->results_position;
  __atomic_store_n(&slot->number, node->results_position, __ATOMIC_SEQ_CST);
}

static void say(phal_node* node, uint32_t type, int32_t status) {
  phal_slot* slot = next_result(node, true);
  if (slot == NULL) return;
  slot->payload_bytes = 0;
  memset(&slot->event, 0, sizeof slot->event);
  publish(node, slot, type, status);
  wake_host(node);
}

bool phal_cancelled(const phal_node* node) {
  if (node->in_hand == NULL || node->in_hand->ticket == 0) return false;
  return node->in_hand->ticket <= __atomic_load_n(&node->region->cancelled_through, __ATOMIC_ACQUIRE);
}

bool phal_emit(phal_node* node, uint16_t kind, int64_t a, int64_t b, const void* payload, uint32_t payload_bytes) {
  if (node->in_hand == NULL || payload_bytes > PHAL_PAYLOAD_BYTES_MAX || phal_cancelled(node)) return false;
  phal_slot* slot = next_result(node, false);
  if (slot == NULL) return false;
  memset(&slot->event, 0, sizeof slot->event);
  slot->event.kind = kind;
  slot->event.argument_a = a;
  slot->event.argument_b = b;
  slot->event.ticket = node->in_hand->ticket;
  slot->event.turn_number = node->in_hand->turn_number;
  slot->event.session_slot = node->in_hand->session_slot;
  slot->event.node = node->in_hand->node;
  slot->payload_bytes = payload_bytes;
  if (payload_bytes > 0) memcpy(slot->payload, payload, payload_bytes);
  publish(node, slot, phal_record_result, 0);
  wake_host(node);
  return true;
}

bool phal_emit_text(phal_node* node, uint16_t kind, int64_t a, int64_t b, const char* text) {
  const size_t bytes = strlen(text);
  return bytes <= PHAL_PAYLOAD_BYTES_MAX && phal_emit(node, kind, a, b, text, (uint32_t)bytes);
}

bool phal_emit_frame(phal_node* node, int64_t first_sample, const int16_t* samples) {
  return phal_emit(node, PHAL_SYNTHESIS_FRAME, first_sample, PHAL_FRAME_SAMPLES, samples,
                   PHAL_FRAME_SAMPLES * (uint32_t)sizeof *samples);
}

/// NULL when this process was not started by phalarope, or by one of another layout.
static phal_region* map_region(int* exit_code) {
  struct stat memory;
  *exit_code = exit_misused;
  if (fstat(PHAL_MEMORY_FD, &memory) != 0 || (uint64_t)memory.st_size < sizeof(phal_region)) {
    fprintf(stderr,
            "this is a node of phalarope: name it as `external: {command: [...]}` of a node in a pipeline "
            "file, or try it with `phalarope node test PROGRAM`\n");
    return NULL;
  }
  void* mapped = mmap(NULL, sizeof(phal_region), PROT_READ | PROT_WRITE, MAP_SHARED, PHAL_MEMORY_FD, 0);
  if (mapped == MAP_FAILED) return NULL;
  phal_region* region = mapped;
  const bool fits = region->magic == PHAL_LAYOUT_MAGIC && region->version == PHAL_LAYOUT_VERSION &&
                    region->region_bytes == sizeof(phal_region) && region->slot_bytes == sizeof(phal_slot) &&
                    region->command_slots == PHAL_COMMAND_SLOTS && region->result_slots == PHAL_RESULT_SLOTS;
  if (fits) return region;
  fprintf(stderr, "this node speaks layout %u; build it with the SDK of the phalarope that starts it\n",
          PHAL_LAYOUT_VERSION);
  *exit_code = exit_layout;
  return NULL;
}

static void tell_cancels(phal_node* node, const phal_handlers* handlers, void* state) {
  const uint64_t through = __atomic_load_n(&node->region->cancelled_through, __ATOMIC_ACQUIRE);
  if (through <= node->cancelled_told) return;
  node->cancelled_told = through;
  if (handlers->cancel != NULL) handlers->cancel(through, state);
}

/// Serves the command in `slot`. False: it was the last one.
static bool serve(phal_node* node, const phal_slot* slot, const phal_handlers* handlers, void* state) {
  int status = 0;
  node->command_number = slot->command;
  switch ((enum phal_record_type)slot->type) {
    case phal_record_start:
      if (handlers->start != NULL) status = handlers->start(state);
      break;
    case phal_record_handle: {
      const phal_command command = {
          .event = &slot->event, .payload = slot->payload, .payload_bytes = slot->payload_bytes};
      node->in_hand = &slot->event;
      status = handlers->handle(node, &command, state);
      node->in_hand = NULL;
      break;
    }
    case phal_record_stop:
      if (handlers->stop != NULL) status = handlers->stop(state);
      break;
    case phal_record_none:
    case phal_record_hello:
    case phal_record_ready:
    case phal_record_result:
    case phal_record_handled:
      break;
  }
  ++node->commands_position;
  say(node, phal_record_handled, status);
  return slot->type != phal_record_stop;
}

int phal_node_run(const phal_handlers* handlers, void* state) {
  int exit_code = 0;
  phal_node node = {0};
  node.region = map_region(&exit_code);
  if (node.region == NULL) return exit_code;
  say(&node, phal_record_hello, (int32_t)PHAL_LAYOUT_VERSION);
  const int initialised = handlers->init != NULL ? handlers->init(state) : 0;
  say(&node, phal_record_ready, initialised);
  if (initialised != 0) return 1;
  while (!node.host_gone) {
    tell_cancels(&node, handlers, state);
    const phal_slot* slot = &node.region->commands[node.commands_position % PHAL_COMMAND_SLOTS];
    if (__atomic_load_n(&slot->number, __ATOMIC_ACQUIRE) == node.commands_position + 1) {
      if (!serve(&node, slot, handlers, state)) break;
      continue;
    }
    __atomic_exchange_n(&node.region->node_sleeps, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&slot->number, __ATOMIC_SEQ_CST) != node.commands_position + 1) wait_for_host(&node, nap_ms);
    __atomic_store_n(&node.region->node_sleeps, 0, __ATOMIC_SEQ_CST);
  }
  return exit_left_alone;
}
