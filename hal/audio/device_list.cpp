#include "hal/audio/device_list.hpp"

#include <alsa/asoundlib.h>

#include <algorithm>
#include <cstdlib>

namespace phalarope::hal {
namespace {

/// A string that ALSA allocated.
std::string take_hint(const void* hint, const char* key) {
  char* text = ::snd_device_name_get_hint(hint, key);
  if (text == nullptr) return {};
  std::string taken(text);
  std::free(text);  // NOLINT: ALSA's contract
  std::replace(taken.begin(), taken.end(), '\n', ' ');
  return taken;
}

}  // namespace

std::vector<ListedDevice> list_devices() {
  std::vector<ListedDevice> devices;
  void** hints = nullptr;
  if (::snd_device_name_hint(-1, "pcm", &hints) != 0) return devices;
  for (void** hint = hints; *hint != nullptr; ++hint) {
    ListedDevice device;
    device.name = take_hint(*hint, "NAME");
    // Of the many names of a card, the one that converts rates and formats and needs nothing else.
    if (!device.name.starts_with("plughw:")) continue;
    device.description = take_hint(*hint, "DESC");
    const std::string direction = take_hint(*hint, "IOID");
    device.can_capture = direction.empty() || direction == "Input";
    device.can_play = direction.empty() || direction == "Output";
    devices.push_back(std::move(device));
  }
  ::snd_device_name_free_hint(hints);
  return devices;
}

}  // namespace phalarope::hal
