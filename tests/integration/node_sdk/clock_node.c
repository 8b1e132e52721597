// A dialogue as a program, in C: answers with two sentences, stops when it is cancelled, and can say that it failed.
#define _POSIX_C_SOURCE 200809L
#include <phalarope_node.h>
#include <string.h>
#include <time.h>

static bool asks(const phal_command* command, const char* what) {
  return command->payload_bytes == strlen(what) && memcmp(command->payload, what, command->payload_bytes) == 0;
}

static int handle(phal_node* node, const phal_command* command, void* state) {
  (void)state;
  if (command->event->kind != PHAL_COMMAND_DIALOGUE_ASK) return 0;
  if (asks(command, "fail")) return 1;
  const struct timespec moment = {.tv_sec = 0, .tv_nsec = 1000000};
  while (asks(command, "count to a million") && !phal_cancelled(node)) nanosleep(&moment, NULL);
  phal_emit_text(node, PHAL_DIALOGUE_SENTENCE, 0, 0, "It is late.");
  phal_emit_text(node, PHAL_DIALOGUE_SENTENCE, 1, 0, "Go to bed.");
  phal_emit(node, PHAL_DIALOGUE_DONE, 2, 0, NULL, 0);
  return 0;
}

int main(void) {
  const phal_handlers handlers = {.handle = handle};
  return phal_node_run(&handlers, NULL);
}
