// Bends: planted bugs. A canary is a run whose watcher is lied to in one way; if no checker says so, the checker is
// blind, and the canary has failed by passing.
//
//   engine ──Stepped──▶ Bender (one lie, once, after a while) ──▶ checkers ──must say──▶ "I6: ..."
//
// The engine is never touched: what is bent is what it is seen to have said. One row a bend: the lie, and which
// invariant must be named. One thread.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tests/sim/drive/drive.hpp"

namespace phalarope::sim {

enum class Bend : std::uint8_t {
  none,
  close_forgotten,
  second_abort,
  turn_opened_twice,
  end_of_nobody,
  word_after_close,
  proposal_undecided,
  deaf_board,
  old_epoch_speaks,
  old_epoch_obeyed,
  frame_of_an_old_ticket,
  ticket_used_again,
  abort_before_silence,
  hold_forgotten,
  hold_too_long,
  sequence_gap,
  output_unflagged,
  output_before_cause,
  payload_forgotten,
  payload_given_twice,
  notice_forgotten,
  notice_too_wide,
  evidence_forgotten,
  evidence_of_another_end,
  evidence_incomplete,
  plan_changed_in_turn,
  xon_without_xoff,
  output_changed,
  turn_for_ever,
  deadline_forgotten,
  event_swallowed,
  event_dispatched_twice,
  data_before_control,
  slab_leaked,
  event_not_recorded,
  power_loss_unclosed,
  sync_forgotten,
  record_rewritten,
  record_swallowed,
  bit_rotten,
  recovery_refused,
  recording_replays_otherwise
};

struct BendRow {
  Bend bend;
  std::string_view name;
  std::string_view caught_as;  // how the verdict begins
  std::string_view sentence;   // the bug that would look like this
  bool on_disk = false;        // it is the disk that lies: only a world with a disk can show it
};
constexpr auto bend_rows = std::to_array<BendRow>({
    {Bend::close_forgotten, "close_forgotten", "I2", "a turn ends and is not closed"},
    {Bend::second_abort, "second_abort", "I2", "a turn ends twice"},
    {Bend::turn_opened_twice, "turn_opened_twice", "I2", "one turn opens twice"},
    {Bend::end_of_nobody, "end_of_nobody", "I3", "a turn ends that never opened"},
    {Bend::word_after_close, "word_after_close", "I2", "a signal of a turn follows its close"},
    {Bend::proposal_undecided, "proposal_undecided", "I3", "a proposal is neither opened nor sent back"},
    {Bend::deaf_board, "deaf_board", "D14", "speech is not answered by a proposal"},
    {Bend::old_epoch_speaks, "old_epoch_speaks", "I7", "a signal carries an epoch that was replaced"},
    {Bend::old_epoch_obeyed, "old_epoch_obeyed", "I7", "a result of an older epoch is taken as if it were current"},
    {Bend::frame_of_an_old_ticket, "frame_of_an_old_ticket", "I6", "a frame is played under the ticket before"},
    {Bend::ticket_used_again, "ticket_used_again", "I6", "the fence is given a ticket a second time"},
    {Bend::abort_before_silence, "abort_before_silence", "I6", "an abort is said and the fence does not move"},
    {Bend::hold_forgotten, "hold_forgotten", "D4", "a hold is never decided"},
    {Bend::hold_too_long, "hold_too_long", "D4", "a hold is decided a second late"},
    {Bend::sequence_gap, "sequence_gap", "order", "a runtime sequence is left out"},
    {Bend::output_unflagged, "output_unflagged", "order", "an output looks like an input"},
    {Bend::output_before_cause, "output_before_cause", "order", "an output is older than its cause"},
    {Bend::payload_forgotten, "payload_forgotten", "I5", "a payload comes in and never goes out"},
    {Bend::payload_given_twice, "payload_given_twice", "I5", "a payload is given back twice"},
    {Bend::notice_forgotten, "notice_forgotten", "I5", "what an edge drops is not told"},
    {Bend::notice_too_wide, "notice_too_wide", "I5", "an edge tells of more than it dropped"},
    {Bend::evidence_forgotten, "evidence_forgotten", "2.7", "a turn ends without its evidence"},
    {Bend::evidence_of_another_end, "evidence_of_another_end", "2.7", "commit is said, abort is recorded"},
    {Bend::evidence_incomplete, "evidence_incomplete", "2.7", "a required field of the evidence is empty"},
    {Bend::plan_changed_in_turn, "plan_changed_in_turn", "I1", "a turn ends with another plan hash"},
    {Bend::xon_without_xoff, "xon_without_xoff", "I5", "a lane recovers that was never saturated"},
    {Bend::output_changed, "output_changed", "I8", "one bit of one argument differs in the replay"},
    {Bend::turn_for_ever, "turn_for_ever", "D14", "nobody looks at a turn for an hour"},
    {Bend::deadline_forgotten, "deadline_forgotten", "D14", "an active turn waits without a deadline"},
    {Bend::event_swallowed, "event_swallowed", "I5", "a ring's event is never dispatched and nobody says so"},
    {Bend::event_dispatched_twice, "event_dispatched_twice", "I5", "a ring's event is dispatched a second time"},
    {Bend::data_before_control, "data_before_control", "I4", "a frame is dispatched while control waits"},
    {Bend::slab_leaked, "slab_leaked", "I10", "a slab is taken and never given back"},
    {Bend::event_not_recorded, "event_not_recorded", "I9", "an event is left out of the record and not counted"},
    {Bend::power_loss_unclosed, "power_loss_unclosed", "D19", "a turn that lost its power is not closed", true},
    {Bend::sync_forgotten, "sync_forgotten", "Q15", "the disk forgets what it said was synced", true},
    {Bend::record_rewritten, "record_rewritten", "Q15", "a record reads otherwise than it was appended", true},
    {Bend::record_swallowed, "record_swallowed", "Q17", "a record of a closed recording is gone", true},
    {Bend::bit_rotten, "bit_rotten", "Q16", "a bit flips on a disk that nothing has happened to", true},
    {Bend::recovery_refused, "recovery_refused", "Q18", "a recording cannot be gone on with", true},
    {Bend::recording_replays_otherwise, "recording_replays_otherwise", "I8", "a recording replays differently", true},
});
const BendRow* find_bend(std::string_view name);

class Bender {
 public:
  explicit Bender(Bend bend);
  ~Bender();
  bool is(Bend bend) const { return bend_ == bend; }
  /// The step as the checkers are to see it; valid until the next call.
  Stepped bend(const Stepped& step);
  /// Whether the lie that is told outside of steps is due; true once.
  bool due();

 private:
  bool tell(Event& input);
  bool tell_of_evidence();
  bool tell_of_outputs();
  Event* find(EventKind kind);

  Bend bend_;
  bool told_ = false;
  std::uint64_t turns_ = 0;
  std::vector<Event> outputs_;
  std::unique_ptr<TurnEvidence> evidence_;
  bool has_evidence_ = false;
};

}  // namespace phalarope::sim
