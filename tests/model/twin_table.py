"""The twins: for each memory order (or other safeguard) of a lock-free structure, the same code without it.

A twin that `fails` must be caught by the explorer. One that does not fail is a safeguard which another one covers;
it stands here with the reason why the code keeps it, and the explorer must find nothing in it either.
"""
import dataclasses

RELEASE, ACQUIRE, RELAXED = "std::memory_order_release", "std::memory_order_acquire", "std::memory_order_relaxed"


@dataclasses.dataclass(frozen=True)
class Twin:
    name: str
    edits: list  # of (text as it stands exactly once, text instead)
    fails: bool = True
    kept_because: str = ""


@dataclasses.dataclass(frozen=True)
class Structure:
    files: list
    twins: list


def relaxed(name, text, **more):
    """The one order in `text`, relaxed."""
    weaker = text.replace(RELEASE, RELAXED).replace(ACQUIRE, RELAXED)
    assert weaker != text, name
    return Twin(name, [(text, weaker)], **more)


STRUCTURES = {
    "spsc_ring": Structure(["core/engine/lanes/spsc_ring.hpp"], [
        relaxed("NumberIsStoredRelaxed", "slot.number.store(tail + 1, std::memory_order_release);"),
        relaxed("NumberIsLoadedRelaxed", "slot.number.load(std::memory_order_acquire)"),
        relaxed("ConsumedIsStoredRelaxed", "consumed_.position.store(head, std::memory_order_release);"),
        relaxed("ConsumedIsLoadedRelaxed", "consumed_.position.load(std::memory_order_acquire);"),
    ]),
    "batch_ring": Structure(["core/engine/lanes/batch_ring.hpp"], [
        relaxed("PublishedIsStoredRelaxed", "published_.position.store(producer_.tail, std::memory_order_release);"),
        relaxed("PublishedIsLoadedRelaxed",
                "consumer_.published_seen = published_.position.load(std::memory_order_acquire);"),
        relaxed("ReleasedIsStoredRelaxed", "released_.position.store(consumer_.head, std::memory_order_release);"),
        relaxed("ReleasedIsLoadedRelaxed",
                "producer_.released_seen = released_.position.load(std::memory_order_acquire);"),
    ]),
    "fence": Structure(["core/engine/turn/fence.hpp"], [
        relaxed("TicketIsStoredRelaxed", "ticket_.store(ticket.value, std::memory_order_release);"),
        relaxed("TicketIsLoadedRelaxed", "ticket_.load(std::memory_order_acquire)"),
    ]),
    "wake_up": Structure(["hal/host/wake_up.hpp"], [
        Twin("AnnounceDoesNotAcquire", [("sleeping_.exchange(true);", f"sleeping_.exchange(true, {RELEASE});")]),
        Twin("AnnounceIsAStore", [("sleeping_.exchange(true);", "sleeping_.store(true);")]),
        Twin("NotifyDoesNotRelease", [("if (sleeping_.exchange(false))", f"if (sleeping_.exchange(false, {ACQUIRE}))")]),
        Twin("NotifyOnlyLooks", [("if (sleeping_.exchange(false))", "if (sleeping_.load())")]),
        Twin("WithdrawIsAStore", [("withdraw() noexcept { sleeping_.exchange(false); }",
                                   "withdraw() noexcept { sleeping_.store(false); }")]),
        Twin("AllAreAcquireRelease", [
            ("sleeping_.exchange(true);", "sleeping_.exchange(true, std::memory_order_acq_rel);"),
            ("withdraw() noexcept { sleeping_.exchange(false); }",
             "withdraw() noexcept { sleeping_.exchange(false, std::memory_order_acq_rel); }"),
            ("if (sleeping_.exchange(false))", "if (sleeping_.exchange(false, std::memory_order_acq_rel))")],
             fails=False, kept_because="on one flag the modification order already orders the exchanges; seq_cst costs "
             "the same instruction on every board and needs no second thought"),
    ]),
}
