#include "tests/sim/life.hpp"

#include <algorithm>

#include "tests/sim/checkers/edges.hpp"
#include "tests/sim/drive/direct_drive.hpp"
#include "tests/sim/last_words.hpp"

namespace phalarope::sim {
namespace {

constexpr std::size_t arena_base_bytes = 512 * 1024;
constexpr std::size_t arena_seat_bytes = 128 * 1024;
constexpr std::uint32_t frame_slab_bytes = 640;
constexpr std::uint32_t text_slab_bytes = 64;
constexpr std::size_t slab_overhead_bytes = 64;
constexpr std::uint16_t pools[] = {microphone_pool, synthesis_pool, text_pool};
// A power cut is looked for this often only: lives shall be long enough for something to happen in them.
constexpr std::int64_t power_looked_at_permille = 20;
// After the shutdown, how many deadlines may still have to pass.
constexpr int goodbye_rounds_max = 64;

std::size_t arena_bytes(const Rig& rig) {
  const std::size_t slab_bytes = 2 * (frame_slab_bytes + slab_overhead_bytes) + text_slab_bytes + slab_overhead_bytes;
  return arena_base_bytes + rig.sessions * arena_seat_bytes + rig.slabs * slab_bytes;
}

}  // namespace

Life::Life(Destiny& destiny) : destiny_(destiny), region_(arena_bytes(destiny.rig)), arena_(region_) {
  make_engine();
  make_checkers();
  if (destiny_.rig.through_runtime) {
    auto drive = std::make_unique<RuntimeDrive>(RuntimeDriveParts{.engine = *engine_,
                                                                  .payloads = payloads_,
                                                                  .watcher = *this,
                                                                  .rig = destiny_.rig,
                                                                  .store = destiny_.store,
                                                                  .bender = destiny_.bender});
    runtime_ = drive.get();
    drive_ = std::move(drive);
  } else {
    drive_ = std::make_unique<DirectDrive>(*engine_, payloads_, *this);
  }
  worlds_.resize(destiny_.rig.sessions);
  starts_.resize(destiny_.rig.sessions);
  for (std::uint16_t slot = 0; slot < destiny_.rig.sessions; ++slot) {
    SessionStart start = start_of(slot);
    if (slot == 0 && destiny_.store != nullptr) {
      destiny_.store->open(runtime_->recorder(), engine_->pipeline(), start, Instant{destiny_.now_ns});
    }
    take_seat(slot, start);
  }
  if (runtime_ != nullptr) runtime_->begin();
  arena_used_bytes_ = arena_.used_bytes();
}

Life::~Life() = default;

void Life::make_engine() {
  for (const std::uint16_t pool : pools) {
    const std::uint32_t bytes = pool == text_pool ? text_slab_bytes : frame_slab_bytes;
    const auto added = payloads_.add_pool(arena_, {.pool = pool, .slab_bytes = bytes, .slabs_max = destiny_.rig.slabs});
    PHAL_ENFORCE(added.has_value(), "the simulated arena holds its slabs");
  }
  const auto made =
      Engine::create(arena_, {.pipelines = destiny_.rig.pipelines, .sessions = {}, .seats = destiny_.rig.sessions});
  PHAL_ENFORCE(made.has_value(), "the simulated arena holds its engine");
  engine_ = *made;
}

void Life::make_checkers() {
  Verdicts& verdicts = destiny_.verdicts;
  const Duration late_max = destiny_.rig.late_max;
  auto liveness = std::make_unique<LivenessChecker>(verdicts, late_max);
  liveness_ = liveness.get();
  checkers_.push_back(std::make_unique<OrderChecker>(verdicts));
  checkers_.push_back(std::make_unique<LifeChecker>(verdicts));
  checkers_.push_back(std::make_unique<EpochChecker>(verdicts));
  checkers_.push_back(std::move(liveness));
  checkers_.push_back(std::make_unique<ListeningChecker>(verdicts));
  checkers_.push_back(std::make_unique<FenceChecker>(verdicts));
  checkers_.push_back(std::make_unique<HoldChecker>(verdicts, late_max));
  checkers_.push_back(std::make_unique<PayloadChecker>(verdicts));
  checkers_.push_back(std::make_unique<EvidenceChecker>(verdicts));
  checkers_.push_back(std::make_unique<PlanChecker>(verdicts));
  checkers_.push_back(std::make_unique<FlowChecker>(verdicts));
  checkers_.push_back(std::make_unique<EdgeChecker>(verdicts, destiny_.probes));
  const std::span<const CompiledPipeline> pipelines = destiny_.rig.pipelines;
  replay_ = (std::make_unique<ReplayChecker>(verdicts, pipelines, destiny_.rig.sessions, arena_bytes(destiny_.rig)));
}

SessionStart Life::start_of(std::uint16_t slot) {
  SessionStart start;
  start.seed = destiny_.chance.next() >> 1;
  start.session_slot = slot;
  start.pipeline = static_cast<std::uint8_t>(slot % destiny_.rig.pipelines.size());
  static_cast<void>(start.set_session_id("sim-" + std::to_string(++sessions_seated_)));
  return start;
}

void Life::take_seat(std::uint16_t slot, const SessionStart& start) {
  const auto taken = engine_->open_session(start);
  if (!taken || *taken != slot) return destiny_.verdicts.say("I10: a free seat is not given to the next session");
  starts_[slot] = start;
  const SeatFacts facts{
      .start = start, .pipeline = &engine_->pipeline(start.pipeline), .prepared = &engine_->prepared(start.pipeline)};
  for (const auto& checker : checkers_) checker->seated(slot, facts);
  replay_->seated(slot, facts);
  worlds_[slot] = std::make_unique<World>(WorldParts{.slot = slot,
                                                     .seed = destiny_.chance.next(),
                                                     .begins_ns = destiny_.now_ns,
                                                     .epoch = destiny_.epoch,
                                                     .faults = destiny_.faults,
                                                     .graph = facts.pipeline->graph,
                                                     .manner = destiny_.rig.manner,
                                                     .payloads = payloads_,
                                                     .tells_of_evidence = !destiny_.rig.through_runtime});
}

void Life::run() {
  while (goes_on()) something_happens();
  if (!power_cut_ && destiny_.verdicts.said().empty()) say_goodbye();
  destiny_.report.turns_opened += turns_opened();
  for (const Session& session : engine_->sessions()) {
    destiny_.report.turns_committed += session.counters().turns_committed;
    destiny_.report.turns_aborted += session.counters().turns_aborted;
    destiny_.report.holds += session.counters().holds;
  }
  for (const auto& world : worlds_) {
    destiny_.epoch = std::max(destiny_.epoch, world->epoch());
    destiny_.probes.count("no_slab_free", world->events_without_slab());
  }
  if (runtime_ == nullptr) return;
  destiny_.probes.count("ring_full_at_source", runtime_->events_without_room());
  const RecorderCounters recorder = runtime_->recorder().counters();
  destiny_.probes.count("detail_dropped", recorder.lost[static_cast<std::size_t>(RecordType::text)]);
}

bool Life::goes_on() const {
  if (power_cut_ || !destiny_.verdicts.said().empty()) return false;
  const std::uint64_t acts_max = destiny_.options.acts_max;
  if (acts_max != 0 && destiny_.faults.acts() >= acts_max) return false;
  return destiny_.report.turns_opened + turns_opened() < destiny_.options.turns;
}

std::uint64_t Life::turns_opened() const {
  std::uint64_t turns = turns_of_ended_;
  for (const Session& session : engine_->sessions()) turns += session.counters().turns_opened;
  return turns;
}

std::size_t Life::earliest() const {
  std::size_t first = 0;
  for (std::size_t i = 1; i < worlds_.size(); ++i) {
    if (worlds_[i]->next_at_ns() < worlds_[first]->next_at_ns()) first = i;
  }
  return first;
}

void Life::something_happens() {
  const std::size_t world = earliest();
  const std::int64_t at_ns = worlds_[world]->next_at_ns();
  const auto deadline = engine_->next_deadline();
  if (deadline && deadline->value < at_ns) {
    destiny_.now_ns = std::max(destiny_.now_ns, deadline->value);
  } else {
    destiny_.now_ns = std::max(destiny_.now_ns, at_ns);
    offer_next(world);
  }
  if (destiny_.faults.strikes(Fault::engine_late, destiny_.chance)) {
    destiny_.probes.count("engine_was_late");
    destiny_.now_ns += destiny_.chance.between(1, destiny_.rig.late_max.value / ns_per_ms) * ns_per_ms;
    for (std::size_t next = earliest(); worlds_[next]->next_at_ns() <= destiny_.now_ns; next = earliest()) {
      offer_next(next);
    }
  }
  if (destiny_.faults.strikes(Fault::node_refused, destiny_.chance)) drive_->refuse_next_node_command();
  drive_->run(Instant{destiny_.now_ns});
  rest();
}

void Life::offer_next(std::size_t world) {
  const std::int64_t at_ns = worlds_[world]->next_at_ns();
  const auto event = worlds_[world]->next(Instant{std::max(destiny_.now_ns, at_ns)});
  if (event) static_cast<void>(drive_->offer(*event));
}

void Life::rest() {
  for (const std::string& what : drive_->unaccounted()) destiny_.verdicts.say(what);
  for (std::uint16_t slot = 0; slot < destiny_.rig.sessions; ++slot) {
    const Session& session = engine_->sessions()[slot];
    const bool forgotten = destiny_.bender.is(Bend::deadline_forgotten) && session.turn_active();
    const auto deadline = forgotten && destiny_.bender.due() ? std::nullopt : session.next_deadline();
    liveness_->at_rest(Instant{destiny_.now_ns}, slot, deadline);
    if (engine_->seated(slot)) continue;
    for (const auto& checker : checkers_) checker->ended(slot);
    if (destiny_.store != nullptr) {  // a recording belongs to one session: its end is the end of this life
      power_cut_ = true;
      destiny_.store->finish(Instant{destiny_.now_ns});
      return;
    }
    const SessionCounters& counters = session.counters();
    turns_of_ended_ += counters.turns_opened;
    destiny_.report.turns_committed += counters.turns_committed;
    destiny_.report.turns_aborted += counters.turns_aborted;
    destiny_.report.holds += counters.holds;
    destiny_.epoch = std::max(destiny_.epoch, worlds_[slot]->epoch());
    destiny_.probes.count("session_reseated");
    take_seat(slot, start_of(slot));
  }
  if (destiny_.store == nullptr || !destiny_.chance.happens(power_looked_at_permille)) return;
  if (!destiny_.faults.strikes(Fault::power_cut, destiny_.chance)) return;
  power_cut_ = true;
  destiny_.probes.count(engine_->sessions().front().turn_active() ? "power_cut_in_turn" : "power_cut_when_idle");
  destiny_.store->cut_power(Instant{destiny_.now_ns});
}

// Everybody leaves: each turn ends, each payload is given back.
void Life::say_goodbye() {
  for (std::uint16_t slot = 0; slot < destiny_.rig.sessions; ++slot) {
    Event shutdown{};
    shutdown.kind = EventKind::shutdown_requested;
    shutdown.session_slot = slot;
    shutdown.mono_ns = shutdown.wall_ns = destiny_.now_ns;
    static_cast<void>(drive_->offer(shutdown));
  }
  for (int round = 0; round < goodbye_rounds_max; ++round) {
    drive_->run(Instant{destiny_.now_ns});
    if (!engine_->next_deadline()) break;
    destiny_.now_ns = engine_->next_deadline()->value;
  }
  for (const std::string& what : drive_->unaccounted()) destiny_.verdicts.say(what);
  for (std::uint16_t slot = 0; slot < destiny_.rig.sessions; ++slot) {
    if (engine_->seated(slot)) destiny_.verdicts.say("D14: a session that was told to leave is still there");
    for (const auto& checker : checkers_) checker->ended(slot);
  }
  if (destiny_.bender.is(Bend::slab_leaked)) static_cast<void>(payloads_.try_acquire(text_pool, 1));
  check_memory();
  if (destiny_.store != nullptr) destiny_.store->finish(Instant{destiny_.now_ns});
}

void Life::check_memory() {
  if (arena_.used_bytes() != arena_used_bytes_) destiny_.verdicts.say("I10: the engine took memory after its start");
  for (const std::uint16_t pool : pools) {
    const auto counters = payloads_.counters(pool);
    if (!counters) continue;
    if (counters->free_slabs == counters->slabs_max) continue;
    destiny_.verdicts.say("I10: " + std::to_string(counters->slabs_max - counters->free_slabs) + " slabs of pool " +
                          std::to_string(pool) + " are held by nobody");
  }
}

void Life::stepped(const Stepped& seen) {
  destiny_.digest.add(seen.input);
  for (const Event& output : seen.outputs) destiny_.digest.add(output);
  for (const Event& output : seen.outputs) {
    if (output.kind == EventKind::turn_open) LastWords::in_turn(++destiny_.turns_begun);
  }
  destiny_.report.events += 1 + seen.outputs.size();
  destiny_.probes.see(seen);
  const Stepped step = destiny_.bender.bend(seen);
  if (destiny_.options.on_step) destiny_.options.on_step(step);
  for (const auto& checker : checkers_) checker->step(step);
  // A replay would catch every lie; each checker shall catch its own.
  replay_->step(destiny_.bender.is(Bend::output_changed) ? step : seen);
}

void Life::commanded(const Event& command) { worlds_[command.session_slot]->react(command, Instant{destiny_.now_ns}); }

void Life::lost(std::uint64_t events) { destiny_.probes.count("recorder_lost_events", events); }

}  // namespace phalarope::sim
