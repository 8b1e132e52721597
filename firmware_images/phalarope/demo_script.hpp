// The demo's conversation: which clip is spoken when, and what a listener should then hear.
//
//   0 s    "go forward ten meters" (human)         a long answer begins
//  ~7 s    "seven of clubs" (human)                 over it: the answer falls silent, the new turn is answered
//  ...     again a long answer, a cough over it     held, dismissed: the voice comes back at the interrupted word
//  ...     a question it does not know (human)      "I did not understand"
//  ...     a long answer, "stop" over it            silence
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "hal/audio/wav_device.hpp"

namespace phalarope::program {

struct DemoLine {
  std::int64_t at_ms = 0;
  std::string who;       // "human", "noise", "voice" (synthetic)
  std::string what;      // what is said
  std::string expected;  // what a listener should hear
};

struct DemoScript {
  std::vector<DemoLine> lines;
  std::vector<hal::MicrophoneClip> clips;
};

/// Finds the clips; the answer is a sentence with the package to install when they are missing.
std::expected<DemoScript, std::string> make_demo_script();

}  // namespace phalarope::program
