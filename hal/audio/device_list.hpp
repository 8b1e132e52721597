// The sound devices ALSA sees, by names that survive a reboot (card ids, not numbers). Not real time.
#pragma once

#include <string>
#include <vector>

namespace phalarope::hal {

struct ListedDevice {
  std::string name;         // plughw:CARD=Headset,DEV=0
  std::string description;  // what the driver calls it
  bool can_capture = false;
  bool can_play = false;
};

std::vector<ListedDevice> list_devices();

}  // namespace phalarope::hal
