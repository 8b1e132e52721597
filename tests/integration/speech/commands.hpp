// Twenty commands of firmware_images/conf/intents/home.yaml, as people say them.
#pragma once

#include <array>

namespace phalarope::hal::test {

inline constexpr std::array<const char*, 20> commands = {"turn on the kitchen light",
                                                         "turn off the living room lights",
                                                         "turn the bedroom light on",
                                                         "make the office light blue",
                                                         "set the temperature to twenty one degrees",
                                                         "set the bedroom heating to twenty degrees",
                                                         "turn the heating off",
                                                         "open the kitchen blinds",
                                                         "close the curtains",
                                                         "open the garage door",
                                                         "lock the front door",
                                                         "set a timer for five minutes",
                                                         "cancel the timer",
                                                         "what time is it",
                                                         "turn up the volume",
                                                         "set the volume to thirty percent",
                                                         "stop the music",
                                                         "next song please",
                                                         "good night",
                                                         "turn on the radio"};

}  // namespace phalarope::hal::test
