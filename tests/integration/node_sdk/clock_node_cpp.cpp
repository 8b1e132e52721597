// The same node in C++.
#include <chrono>
#include <phalarope_node.hpp>
#include <thread>

class ClockNode final : public phalarope::sdk::Node {
 public:
  int handle(phalarope::sdk::Command command) override {
    if (command.kind() != PHAL_COMMAND_DIALOGUE_ASK) return 0;
    if (command.text() == "fail") return 1;
    while (command.text() == "count to a million" && !command.cancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    command.emit_text(PHAL_DIALOGUE_SENTENCE, 0, 0, "It is late.");
    command.emit_text(PHAL_DIALOGUE_SENTENCE, 1, 0, "Go to bed.");
    command.emit(PHAL_DIALOGUE_DONE, 2, 0);
    return 0;
  }
};

int main() {
  ClockNode node;
  return phalarope::sdk::run(node);
}
