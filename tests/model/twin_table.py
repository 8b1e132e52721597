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


POP_TAG, PUSH_TAG = "pack(tag_of(head) + 1, next)", "pack(tag_of(head) + 1, slot)"
POP_EXCHANGE = """pack(tag_of(head) + 1, next), std::memory_order_acquire,
                                         std::memory_order_acquire)"""

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
    "slab_pool": Structure(["core/engine/memory/slab_pool.hpp", "core/engine/memory/slab_pool.cpp"], [
        relaxed("PushIsRelaxed", "!free_head_.compare_exchange_weak(head, pack(tag_of(head) + 1, slot), "
                "std::memory_order_release,"),
        relaxed("PopLooksRelaxed", "std::uint64_t head = free_head_.load(std::memory_order_acquire);"),
        Twin("PopLooksAgainRelaxed", [(POP_EXCHANGE, RELAXED.join(POP_EXCHANGE.rsplit(ACQUIRE, 1)))]),
        Twin("PopSwapsRelaxed", [(POP_EXCHANGE, POP_EXCHANGE.replace(ACQUIRE, RELAXED, 1))],
             fails=False, kept_because="the head it swaps was read with acquire, and the tag makes it that very message"),
        Twin("NothingCountsTheTag", [(POP_TAG, "pack(tag_of(head), next)"), (PUSH_TAG, "pack(tag_of(head), slot)")]),
        Twin("OnlyPopCountsTheTag", [(PUSH_TAG, "pack(tag_of(head), slot)")],
             fails=False, kept_because="a head comes back only by a pop and a push; each change counts, so that no "
             "proof has to ask which"),
        Twin("OnlyPushCountsTheTag", [(POP_TAG, "pack(tag_of(head), next)")],
             fails=False, kept_because="as OnlyPopCountsTheTag"),
        Twin("HeldIsCountedAfterThePush", [(
            "  held_.fetch_sub(1, std::memory_order_relaxed);\n  push_free(handle.slot);\n",
            "  push_free(handle.slot);\n  held_.fetch_sub(1, std::memory_order_relaxed);\n")]),
        Twin("ReleaseDoesNotCompare", [(
            "!slots_[handle.slot].generation.compare_exchange_strong(expected, handle.generation + 1,\n"
            "                                                              std::memory_order_relaxed)",
            "(expected = slots_[handle.slot].generation.exchange(handle.generation + 1, std::memory_order_relaxed)) == "
            "0")]),
    ]),
    "byte_ring": Structure(["core/engine/evidence/byte_ring.hpp", "core/engine/evidence/byte_ring.cpp"], [
        relaxed("WrittenIsStoredRelaxed", "written_.store(write_position_, std::memory_order_release);"),
        relaxed("WrittenIsLoadedRelaxed", "written_seen_ = written_.load(std::memory_order_acquire);"),
        relaxed("ConsumedIsStoredRelaxed", "consumed_.store(read_position_, std::memory_order_release);"),
        relaxed("ConsumedIsLoadedRelaxed", "consumed_seen_ = consumed_.load(std::memory_order_acquire);"),
        relaxed("UsedLoadsConsumedRelaxed",
                "const std::uint64_t consumed = consumed_.load(std::memory_order_acquire);"),
    ]),
}
