// A conversation in real time, from the program's side: signals, supervision, and what people are shown meanwhile.
#pragma once

#include <expected>
#include <string>

#include "firmware_images/phalarope/events_port.hpp"
#include "firmware_images/phalarope/fleet_export.hpp"
#include "hal/host/conversation.hpp"
#include "hal/host/realtime_runner.hpp"
#include "hal/panel/telemetry_service.hpp"

namespace phalarope::program {

struct LiveOptions {
  bool quiet = false;  // say nothing but errors
  hal::RealtimeSettings realtime{};
  EventsPort* events = nullptr;                // peers that speak and listen by lines; null: there are none
  hal::TelemetryService* telemetry = nullptr;  // told of everything that is recorded; null: nobody listens
  FleetExport* fleet = nullptr;                // sends each turn's evidence; null: it stays here
};

/// Runs until the device's source ends or SIGINT/SIGTERM comes; then stops gracefully.
std::expected<void, std::string> run_live(hal::Conversation& conversation, hal::AudioDevice& device,
                                          const LiveOptions& options);

/// The demo's dialogue on the default sound card.
int run_demo_with_microphone(const std::string& output);

/// Decorates the dialogue so that a terminal shows what was understood and what is answered.
hal::NodeDecorator show_dialogue();

}  // namespace phalarope::program
