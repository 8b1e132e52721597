// phalarope talk --tutor: a session with the voice tutor, by microphone, by files, or with answers that the built-in
// voice says. See tutor_files.hpp for what stays on the disk.
#pragma once

#include <string>
#include <vector>

#include "firmware_images/phalarope/tutor_files.hpp"

namespace phalarope::program {

struct TutorOptions {
  TutorChoice choice;
  std::string state = "phalarope-tutor";
  std::vector<std::string> say;  // answers, said by the built-in voice
  std::vector<std::string> wav;  // answers as WAV or raw files
  std::string answer;            // what the loudspeaker said
  std::string board;
  std::string pipeline;
  std::string capture;
  std::string playback;
  bool json = false;
};

int run_tutor(const TutorOptions& options);

/// `chains run --session DIR`: the session again from its evidence; 0 when nothing differs.
int run_session_again(const std::string& session, const TutorChoice& choice, bool json);

}  // namespace phalarope::program
