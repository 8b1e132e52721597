// The memory that the engine's host and a node's process share: one mapping, version 1. Plain C, included by both.
//
//   0        magic, version, sizes          written by the host before the hand-over, never read back by it
//   128      results_taken, cancelled_through   host writes, node reads
//   256      host_sleeps                    the host is (1) or is not (0) waiting on the socket
//   384      node_sleeps                    the same for the node
//   512      commands[16]   host ──▶ node   ┐ slot: number | command | type | payload_bytes | status
//   ...      results[64]    node ──▶ host   ┘       event (128 bytes) | payload (2048 bytes)
//
// A slot at position p (free-running, 64 bits) is published by storing p + 1 into `number` with release, after all its
// other bytes; until then it holds p + 1 - slots. A payload lives in its own slot, so that no index and no handle ever
// crosses the boundary; only a length does. The socket beside the memory carries no data: one byte means "look", its
// end means that the other side is gone.
//
// The node inherits two descriptors: phal_memory_fd (sealed against shrinking and growing) and phal_socket_fd.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PHAL_LAYOUT_MAGIC 0x45444F4E4C414850ULL /* "PHALNODE" */
#define PHAL_LAYOUT_VERSION 1U
#define PHAL_MEMORY_FD 3
#define PHAL_SOCKET_FD 4
#define PHAL_COMMAND_SLOTS 16U
#define PHAL_RESULT_SLOTS 64U
#define PHAL_PAYLOAD_BYTES_MAX 2048U

// NOLINTBEGIN(readability-identifier-naming): a C interface, with the names C is used to.

/// The engine's event, byte for byte (schemas/event.fbs tells each member).
typedef struct phal_event {
  uint64_t runtime_sequence;
  int64_t mono_ns;
  int64_t wall_ns;
  int64_t media_sample;
  uint64_t ticket;
  uint64_t authority_epoch;
  int64_t argument_a;
  int64_t argument_b;
  int64_t range_start;
  int64_t range_end;
  uint8_t payload_handle[12];  // the engine's own; a node's payload is beside the event, never behind this
  uint32_t turn_number;
  uint32_t transport_sequence;
  uint32_t causal_parent;
  uint32_t provider_invocation;
  uint32_t sync_or_merge_group;
  uint16_t kind;
  uint16_t reason;
  uint16_t session_slot;
  uint16_t schema_minor;
  uint8_t node;
  uint8_t edge;
  uint8_t lane;
  uint8_t target_lane;
  uint8_t scope;
  uint8_t emitter;
  uint8_t payload_class;
  uint8_t flags;
} phal_event;

/// What a slot says. Commands: start, handle, stop. Results: the rest.
enum phal_record_type {
  phal_record_none = 0,
  phal_record_start = 1,
  phal_record_handle = 2,
  phal_record_stop = 3,
  phal_record_hello = 16,    // the process is up; status: its layout version
  phal_record_ready = 17,    // init ended; status: 0, or the node's own error
  phal_record_result = 18,   // one result of the command in hand
  phal_record_handled = 19,  // the command in hand is done; status: 0, or the node's own error
};

typedef struct phal_slot {
  uint64_t number;   // atomic: position + 1 once published
  uint64_t command;  // commands are counted from 1; a result names the one it belongs to
  uint32_t type;     // enum phal_record_type
  uint32_t payload_bytes;
  int32_t status;
  uint8_t reserved[36];
  phal_event event;
  uint8_t payload[PHAL_PAYLOAD_BYTES_MAX];
} phal_slot;

typedef struct phal_region {
  uint64_t magic;
  uint32_t version;
  uint32_t region_bytes;
  uint32_t slot_bytes;
  uint32_t event_bytes;
  uint32_t command_slots;
  uint32_t result_slots;
  uint32_t payload_bytes_max;
  uint8_t reserved_a[92];
  uint64_t results_taken;      // atomic: results before this position were copied out
  uint64_t cancelled_through;  // atomic: every ticket up to and including this one is cancelled
  uint8_t reserved_b[112];
  uint32_t host_sleeps;  // atomic
  uint8_t reserved_c[124];
  uint32_t node_sleeps;  // atomic
  uint8_t reserved_d[124];
  phal_slot commands[PHAL_COMMAND_SLOTS];
  phal_slot results[PHAL_RESULT_SLOTS];
} phal_region;

#ifdef __cplusplus
#define PHAL_STATIC_ASSERT static_assert
#else
#define PHAL_STATIC_ASSERT _Static_assert
#endif
PHAL_STATIC_ASSERT(sizeof(phal_event) == 128, "an event is 128 bytes");
PHAL_STATIC_ASSERT(offsetof(phal_slot, event) == 64 && offsetof(phal_slot, payload) == 192,
                   "a slot's parts stand fast");
PHAL_STATIC_ASSERT(sizeof(phal_slot) == 2240, "a slot is a whole number of cache lines");
PHAL_STATIC_ASSERT(offsetof(phal_region, results_taken) == 128 && offsetof(phal_region, host_sleeps) == 256,
                   "each side writes lines of its own");
PHAL_STATIC_ASSERT(offsetof(phal_region, node_sleeps) == 384 && offsetof(phal_region, commands) == 512,
                   "the slots begin behind the counters");

// NOLINTEND(readability-identifier-naming)
