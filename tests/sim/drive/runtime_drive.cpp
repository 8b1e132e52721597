#include "tests/sim/drive/runtime_drive.hpp"

#include <cstring>
#include <utility>

#include "core/engine/session/power_loss.hpp"

namespace phalarope::sim {
namespace {
constexpr std::size_t ingress_events = 512;
}

/// The audio thread's half of one session.
struct RuntimeDrive::Seat {
  SpscRing<Event, audio_control_events_max> control;
  SpscRing<Event, audio_data_events_max> data;
  SpscRing<Event, audio_commands_max> commands;
  Fence fence;
  Ticket fence_seen{};
};

/// Takes commands in order; they are done when the runtime has come back, as by a worker that was woken.
class RuntimeDrive::Pool final : public ExecutionPool {
 public:
  explicit Pool(bool& refuse_next) : refuse_next_(refuse_next) {}
  bool try_submit(NodeIndex, const Event& command) override {
    if (std::exchange(refuse_next_, false)) return false;
    commands.push_back(command);
    return true;
  }
  void cancel(NodeIndex, const Event& command) noexcept override { cancels.push_back(command); }
  std::deque<Event> commands;
  std::vector<Event> cancels;

 private:
  bool& refuse_next_;
};

RuntimeDrive::RuntimeDrive(const RuntimeDriveParts& parts)
    : parts_(parts),
      lines_(parts.rig.evidence_ring_bytes / sizeof(Line)),
      ring_(std::make_unique<ByteRing>(std::span(lines_.front().bytes, parts.rig.evidence_ring_bytes))),
      ingress_(ingress_events, 1),
      operator_events_(std::make_unique<SpscRing<Event, operator_events_max>>()),
      pool_(std::make_unique<Pool>(refuse_next_)),
      evidence_(std::make_unique<TurnEvidence>()) {
  const std::uint64_t first = parts.store == nullptr ? 0 : parts.store->begin(*ring_);
  recorder_ = std::make_unique<Recorder>(*ring_, RecorderConfig{.level = parts.rig.level, .first_sequence = first});
  for (std::size_t i = 0; i < parts.engine.sessions().size(); ++i) {
    Seat& seat = *seats_.emplace_back(std::make_unique<Seat>());
    links_.push_back({.control = seat.control,
                      .data = seat.data,
                      .commands = seat.commands,
                      .fence = seat.fence,
                      .payloads = parts_.payloads});
  }
  if (const auto port = ingress_.attach()) port_ = *port;
}

RuntimeDrive::~RuntimeDrive() = default;

namespace {
void see_step(void* drive, const Event& input, std::span<const Event> outputs) noexcept {
  static_cast<RuntimeDrive*>(drive)->see(input, outputs);
}
}  // namespace

void RuntimeDrive::begin() {
  runtime_ = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = parts_.engine,
                                                           .audio = links_,
                                                           .ingress = ingress_,
                                                           .operator_events = *operator_events_,
                                                           .recorder = *recorder_,
                                                           .tap = {.owner = this, .seen = see_step}});
  runtime_->set_pool(*pool_);
}

bool RuntimeDrive::push(const Event& event) {
  Seat& seat = *seats_[event.session_slot];
  if (event.node != no_node.value) return port_->try_send(event);
  switch (event.kind) {
    case EventKind::user_turn_requested:
    case EventKind::user_cancel_requested:
    case EventKind::control_snapshot:
    case EventKind::shutdown_requested:
      return operator_events_->try_push(event);
    default:
      return event.lane == Lane::control ? seat.control.try_push(event) : seat.data.try_push(event);
  }
}

bool RuntimeDrive::offer(const Event& event) {
  Event numbered = event;
  numbered.transport_sequence = ++offered_;
  if (!lie_about(numbered) && !push(numbered)) {
    ++events_without_room_;
    if (event.payload.present()) static_cast<void>(parts_.payloads.release(event.payload));
    return false;
  }
  pending_.emplace(numbered.transport_sequence, numbered.lane);
  if (numbered.lane == Lane::control) ++pending_control_;
  return true;
}

// The planted bugs between a source and the lanes. True: the event has been dealt with.
bool RuntimeDrive::lie_about(const Event& event) {
  Bender& bender = parts_.bender;
  if (event.lane != Lane::control) return false;
  if (bender.is(Bend::event_swallowed)) return bender.due();
  if (bender.is(Bend::event_dispatched_twice) && bender.due()) {
    static_cast<void>(push(event));
    return false;
  }
  if (!bender.is(Bend::data_before_control) || !bender.due()) return false;
  held_back_ = event;
  Event metric{};
  metric.kind = EventKind::telemetry_sample;
  metric.lane = Lane::telemetry;
  metric.mono_ns = metric.wall_ns = event.mono_ns;
  metric.transport_sequence = ++offered_;
  pending_.emplace(metric.transport_sequence, metric.lane);
  return push(metric);
}

void RuntimeDrive::run(Instant now) {
  if (parts_.store != nullptr) runtime_->note_export_lag(parts_.store->lag(now));
  // The last poll takes no step: everything that was offered has been looked at.
  while (runtime_->poll(now, WallTime{now.value}) > 0) {
    read_log(now);
    hear_commands();
    if (held_back_) static_cast<void>(push(*std::exchange(held_back_, std::nullopt)));
  }
  read_log(now);
  hear_commands();
  if (!pending_.empty()) {
    unaccounted_.push_back("I5: an event was taken in and is nowhere to be found: number " +
                           std::to_string(pending_.begin()->first));
  }
  pending_.clear();
  pending_control_ = 0;
}

void RuntimeDrive::hear_commands() {
  for (std::size_t slot = 0; slot < seats_.size(); ++slot) {
    Seat& seat = *seats_[slot];
    if (seat.fence.current() == seat.fence_seen) continue;
    seat.fence_seen = seat.fence.current();
    Event moved{};
    moved.kind = EventKind::command_fence;
    moved.ticket = seat.fence_seen.value;
    moved.session_slot = static_cast<std::uint16_t>(slot);
    parts_.watcher.commanded(moved);
  }
  for (const auto& seat : seats_) {
    Event command;
    while (seat->commands.try_pop(command)) give(command);
  }
  while (!pool_->commands.empty()) {
    const Event command = pool_->commands.front();
    pool_->commands.pop_front();
    give(command);
  }
  for (const Event& cancel : std::exchange(pool_->cancels, {})) parts_.watcher.commanded(cancel);
}

void RuntimeDrive::give(const Event& command) {
  parts_.watcher.commanded(command);
  if (command.payload.present()) static_cast<void>(parts_.payloads.release(command.payload));
}

void RuntimeDrive::see(const Event& input, std::span<const Event> outputs) {
  taken_.push_back(input);
  taken_.insert(taken_.end(), outputs.begin(), outputs.end());
  account(input);
  parts_.watcher.stepped({.input = input, .outputs = outputs, .evidence = parts_.engine.finished_evidence()});
}

// Looks at the ring's memory behind the flusher's back: the flusher may have gone further than it has released.
void RuntimeDrive::read_log(Instant now) {
  const std::uint64_t lost = recorder_->counters().lost[static_cast<std::size_t>(RecordType::event)];
  if (lost > lost_events_) parts_.watcher.lost(lost - lost_events_);
  lost_events_ = lost;
  const std::uint64_t written = consumed_ + ring_->used_bytes();
  const std::byte* const memory = lines_.front().bytes;
  while (seen_ < written) {
    const std::byte* const at = memory + (seen_ & (ring_->capacity_bytes() - 1));
    RecordHeader header;
    std::memcpy(&header, at, sizeof header);
    const std::span<const std::byte> body(at + sizeof header, header.body_bytes);
    seen_ += ring_bytes_of(header.body_bytes);
    if (header.type != RecordType::none) take_record(header, body);
  }
  // All that was written has been read: what is still to be found was not written.
  left_out_ += taken_.size();
  taken_.clear();
  if (left_out_ != lost_events_) {
    unaccounted_.push_back("I9: " + std::to_string(left_out_) +
                           " events are not in the record, and the recorder names " + std::to_string(lost_events_));
    left_out_ = lost_events_;
  }
  if (++runs_ % parts_.rig.flush_every != 0) return;
  const std::size_t before = ring_->used_bytes();
  if (parts_.store != nullptr) {
    parts_.store->serve(now);
  } else {
    while (ring_->next()) {
    }
    ring_->release();
  }
  consumed_ += before - ring_->used_bytes();
}

void RuntimeDrive::take_record(const RecordHeader& header, std::span<const std::byte> body) {
  if (parts_.store != nullptr) parts_.store->appended(header, body);
  if (header.type == RecordType::event) {
    Event event;
    std::memcpy(&event, body.data(), sizeof event);
    if (aborts_owed_ > 0 || event.kind == EventKind::power_loss_found) {
      take_power_loss(event);
    } else if (!parts_.bender.is(Bend::event_not_recorded) || !parts_.bender.due()) {
      hold_against_steps(event);
    }
  }
  if (header.type == RecordType::baseline && !read_turn_evidence(body, *evidence_)) {
    unaccounted_.push_back("2.7: a turn's evidence cannot be read from the ring");
  }
}

// Written by the start for the engine that is gone; this one never took it.
void RuntimeDrive::take_power_loss(const Event& recorded) {
  if (recorded.kind == EventKind::power_loss_found) {
    if (aborts_owed_ > 0) unaccounted_.push_back("D19: a turn that lost its power is not closed");
    aborts_owed_ = recorded.turn_number == 0 ? 0 : power_loss_outputs_max;
    return;
  }
  if (parts_.bender.is(Bend::power_loss_unclosed) && parts_.bender.due()) return;  // the planted bug leaves one out
  const bool closes =
      recorded.has(EventFlag::output) && (recorded.kind == EventKind::abort || recorded.kind == EventKind::close);
  if (!closes) unaccounted_.push_back("D19: a turn that lost its power is not closed");
  aborts_owed_ = closes ? aborts_owed_ - 1 : 0;
}

void RuntimeDrive::hold_against_steps(const Event& recorded) {
  while (!taken_.empty() && taken_.front() != recorded) {
    taken_.pop_front();
    ++left_out_;
  }
  if (taken_.empty()) {
    unaccounted_.push_back("I9: the record holds an event that was not taken, or not here: " +
                           std::to_string(recorded.runtime_sequence) + " (" + name_of(recorded.kind) + ")");
    return;
  }
  taken_.pop_front();
}

void RuntimeDrive::account(const Event& input) {
  const auto gone = [this](std::uint32_t number) {
    const auto found = pending_.find(number);
    if (found == pending_.end()) return false;
    if (found->second == Lane::control) --pending_control_;
    pending_.erase(found);
    return true;
  };
  if (input.kind == EventKind::shed) ++sheds_;
  if (input.kind == EventKind::shed || input.kind == EventKind::drop_notice) {
    const auto number =
        input.kind == EventKind::shed ? static_cast<std::int64_t>(input.transport_sequence) : input.range_start;
    const auto last = input.kind == EventKind::shed ? number : input.range_end;
    for (std::int64_t i = number; i <= last; ++i) static_cast<void>(gone(static_cast<std::uint32_t>(i)));
    return;
  }
  // What runtime and lanes say themselves carries the number of what it is about, or none.
  const bool said_inside = input.kind == EventKind::watermark || input.kind == EventKind::flow_xoff ||
                           input.kind == EventKind::flow_xon || input.kind == EventKind::recording_level_downgraded;
  if (said_inside || input.transport_sequence == 0) return;
  if (!gone(input.transport_sequence)) {
    unaccounted_.push_back("I5: an event was dispatched twice, or never offered: number " +
                           std::to_string(input.transport_sequence));
  }
  if (input.lane != Lane::control && pending_control_ > 0) {
    unaccounted_.push_back("I4: data or telemetry was dispatched while control waited: number " +
                           std::to_string(input.transport_sequence));
  }
}

}  // namespace phalarope::sim
