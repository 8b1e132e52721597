// phalarope_node: write a node of Phalarope as a program of its own, in C11 (C++: phalarope_node.hpp).
//
//   int main(void) { return phal_node_run(&(phal_handlers){.handle = my_handle}, my_state); }
//
//   phalarope ──command──▶ handle(node, command, state) ──phal_emit_*──▶ phalarope
//
// The program is started by phalarope, with no standard input, a nearly empty environment, limits on memory, files
// and processor time, and the two descriptors of phalarope_node_layout.h. It handles one command at a time and owes an
// end to each within its time-out. Ask phal_cancelled() between chunks of work: once it says true, the results are
// thrown away, and a program that has not returned 75 ms later is killed with its process group.
// A program that crashes, hangs or writes nonsense loses the turn it was in and is started again; nothing more.
//
// Thread: all calls on the thread of phal_node_run(). Licence: this header and its library may be linked into
// programs of any licence; the process boundary is what keeps copyleft engines apart (decisions.md D11).
// Contract: runtime.md 11.1, 11.2, 7.4.
#pragma once

#include <stdbool.h>

#include "phalarope_node_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

// NOLINTBEGIN(readability-identifier-naming): a C interface, with the names C is used to.

/// Kinds a node meets (schemas/event.fbs; a test holds both to the same numbers).
enum phal_kind {
  PHAL_RECOGNITION_PARTIAL = 65,  // text; a: utterance class, b: confidence in 1/1000
  PHAL_RECOGNITION_FINAL = 66,    // text; a: utterance class, b: confidence in 1/1000
  PHAL_DIALOGUE_SENTENCE = 67,    // text; a: sentence index in the answer
  PHAL_DIALOGUE_DONE = 68,        // a: sentences given; b: 1 if an answer is expected
  PHAL_SYNTHESIS_FRAME = 69,      // 320 samples; a: first sample on the answer's axis; b: 320
  PHAL_SYNTHESIS_WORD = 70,       // text; a: first sample on the answer's axis; b: word index
  PHAL_SYNTHESIS_DONE = 71,       // a: sentence index; b: end sample on the answer's axis
  PHAL_TOOL_STARTED = 542,        // a dialogue's tool is at work: whoever speaks now is measured by that phase
  PHAL_TOOL_ENDED = 543,
  PHAL_COMMAND_RECOGNISE_START = 773,
  PHAL_COMMAND_RECOGNISE_AUDIO = 774,  // payload: s16 mono
  PHAL_COMMAND_RECOGNISE_FINALISE = 775,
  PHAL_COMMAND_RECOGNISE_ABANDON = 776,
  PHAL_COMMAND_DIALOGUE_ASK = 777,  // payload: text; a: utterance class; b: samples heard of the last answer
  PHAL_COMMAND_SYNTHESISE = 778,    // payload: one sentence; a: sentence index
  PHAL_COMMAND_NODE_CREDIT = 779,   // a: frames that may be sent
  PHAL_COMMAND_HEARD = 782,         // a: words heard of the interrupted answer; b: words spoken
  PHAL_COMMAND_APOLOGY = 783,       // a: 0 something went wrong, 1 that took too long, 2 not available
};

enum { PHAL_FRAME_SAMPLES = 320, PHAL_SAMPLE_RATE_HZ = 16000 };

typedef struct phal_node phal_node;

typedef struct phal_command {
  const phal_event* event;
  const uint8_t* payload;
  uint32_t payload_bytes;
} phal_command;

/// Each hook may be absent but handle. init, start and stop answer 0 or an error of their own; all four have a
/// time-out.
typedef struct phal_handlers {
  int (*init)(void* state);
  int (*start)(void* state);
  /// Does the work of one command. 0, or an error: the turn then goes on without this node.
  int (*handle)(phal_node* node, const phal_command* command, void* state);
  /// Tickets up to this one are cancelled: forget what was kept for them. Between two commands.
  void (*cancel)(uint64_t ticket, void* state);
  int (*stop)(void* state);
} phal_handlers;

/// Serves commands until phalarope says stop or goes away. The answer is the program's exit code; a program that was
/// not started by phalarope gets one line on standard error that says how it is meant to be used.
int phal_node_run(const phal_handlers* handlers, void* state);

/// Sends a result of the command in hand. Waits for room; false: it can no longer be sent (cancelled, or too long).
bool phal_emit(phal_node* node, uint16_t kind, int64_t a, int64_t b, const void* payload, uint32_t payload_bytes);
bool phal_emit_text(phal_node* node, uint16_t kind, int64_t a, int64_t b, const char* text);
/// One synthesis frame: PHAL_FRAME_SAMPLES samples that begin at `first_sample` of the answer.
bool phal_emit_frame(phal_node* node, int64_t first_sample, const int16_t* samples);

/// True as soon as the command in hand was cancelled.
bool phal_cancelled(const phal_node* node);

// NOLINTEND(readability-identifier-naming)

#ifdef __cplusplus
}
#endif
