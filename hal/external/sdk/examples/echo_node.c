// The smallest node: a dialogue that says back what it heard, one sentence for each question.
//
//   phalarope node test --ask "hello" echo_node
//   in a pipeline:  - {id: dialogue, type: dialogue, external: {command: [/usr/lib/phalarope/nodes/echo_node]}}
#include "../phalarope_node.h"

static int handle(phal_node* node, const phal_command* command, void* state) {
  (void)state;
  if (command->event->kind != PHAL_COMMAND_DIALOGUE_ASK) return 0;
  phal_emit(node, PHAL_DIALOGUE_SENTENCE, 0, 0, command->payload, command->payload_bytes);
  phal_emit(node, PHAL_DIALOGUE_DONE, 1, 0, NULL, 0);
  return 0;
}

int main(void) {
  const phal_handlers handlers = {.handle = handle};
  return phal_node_run(&handlers, NULL);
}
