#!/usr/bin/env python3
"""The program's verdict on a recording beside that of read_recording.py, which knows only the format's description.

usage: reader_test.py PHALAROPE WORK_DIR SOURCE_DIR

A fresh signed recording of three runs, then the same with one defect at a time: each bent copy gets a name that says what
was done to it. Both readers must agree on sound or not, on segments, blocks and events that can still be had, on the
digest over the events' bytes, on how the recording ends and on how many segments the key proves.
"""
import itertools
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import wave

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import read_recording  # noqa: E402
from wire import crc32c  # noqa: E402
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402

PAGE = 4096
COMPARED = ("sound", "segments", "blocks", "events", "events_digest", "tail", "proven_segments")


def run(program, work, source, *arguments):
    return subprocess.run([program, *arguments], env=trial.environment(source, work), capture_output=True, text=True,
                          check=False)


def record(program, work, source):
    """Three runs over half a minute of hum: a segment each, all in one signed recording."""
    with wave.open(f"{work}/hum.wav", "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", random.Random(i).randint(-200, 200)) for i in range(16000)))
    for _ in range(3):
        ended = run(program, work, source, "talk", "--wav", f"{work}/hum.wav", "--recording", f"{work}/fresh",
                    "--keys", f"{work}/keys", "--json")
        if ended.returncode != 0:
            sys.exit(f"phalarope talk ended with {ended.returncode}: {ended.stderr}")
    with open(f"{work}/keys/board.pub", encoding="ascii") as file:
        return file.read().strip()


def flip(at):
    def bend(data):
        place = at if at >= 0 else len(data) + at
        data[place] ^= 0x10
    return bend


def blocks_of(data):
    """(offset, bytes) of each block."""
    at = PAGE
    while at + PAGE <= len(data) and data[at:at + 4] == b"PHRB":
        size = -(-(144 + struct.unpack_from("<I", data, at + 4)[0]) // PAGE) * PAGE
        yield at, size
        at += size


def reseal(data, at, size):
    salt = bytes(data[at + 8:at + 24])
    body = crc32c(salt, data[at:at + 136], data[at + 144:at + size])
    struct.pack_into("<I", data, at + 136, body)
    struct.pack_into("<I", data, at + 140, crc32c(salt, data[at:at + 140]))


def swap_two_blocks(data):
    places = list(blocks_of(data))
    (a, size), (b, _) = next((x, y) for x, y in zip(places, places[1:]) if x[1] == y[1])
    data[a:a + size], data[b:b + size] = bytes(data[b:b + size]), bytes(data[a:a + size])


def forge_a_block(data):
    at, size = list(blocks_of(data))[2]
    data[at + 56] ^= 1  # the engine's time, resealed: only the chain tells
    reseal(data, at, size)


def forge_the_checkpoint(data):
    at, size = list(blocks_of(data))[-1]
    data[at + 56] ^= 1  # resealed: only the signature tells
    reseal(data, at, size)


def repeat_a_block(data):
    places = list(blocks_of(data))
    (a, size), (b, _) = next((x, y) for x, y in itertools.combinations(places[:-1], 2) if x[1] == y[1])
    data[b:b + size] = bytes(data[a:a + size])


def zero_a_block(data):
    at, size = list(blocks_of(data))[3]
    data[at:at + size] = bytes(size)


def cut_to(size):
    def bend(data):
        del data[size if size >= 0 else len(data) + size:]
    return bend


def without_checkpoint(data):
    at, size = list(blocks_of(data))[-1]
    del data[at:at + size]


def opened_again(data):
    without_checkpoint(data)
    data.extend(bytes(64 * 1024))  # the space an open segment has reserved


def torn_tail(data):
    at, size = list(blocks_of(data))[-2]
    del data[at + PAGE // 2:]
    data.extend(bytes(8 * PAGE - PAGE // 2))


DEFECTS = [  # name, number of the segment, what is done to its bytes
    ("header_flipped", 2, flip(20)),
    ("header_of_the_first_flipped", 1, flip(4000)),
    ("block_header_flipped", 1, flip(PAGE + 30)),
    ("block_body_flipped", 1, flip(PAGE + 500)),
    ("last_byte_flipped", 3, flip(-1)),
    ("signature_page_flipped", 2, flip(-PAGE + 400)),
    ("two_blocks_swapped", 3, swap_two_blocks),
    ("block_written_twice", 3, repeat_a_block),
    ("block_zeroed", 1, zero_a_block),
    ("block_forged", 2, forge_a_block),
    ("checkpoint_forged", 2, forge_the_checkpoint),
    ("checkpoint_cut_off", 3, without_checkpoint),
    ("checkpoint_cut_off_in_the_middle", 2, without_checkpoint),
    ("open_again", 3, opened_again),
    ("torn_tail", 3, torn_tail),
    ("cut_inside_a_block", 3, cut_to(-PAGE - 100)),
    ("cut_to_the_header", 3, cut_to(PAGE)),
    ("cut_to_nothing", 2, cut_to(0)),
    ("something_appended", 1, lambda data: data.extend(b"x" * 100)),
]


def bend_folder(work, name, number, bend):
    folder = f"{work}/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f"{work}/fresh", folder)
    path = f"{folder}/segment-{number:06}.phr"
    with open(path, "rb") as file:
        data = bytearray(file.read())
    bend(data)
    with open(path, "wb") as file:
        file.write(data)
    return folder


def bent_folders(work):
    for name, number, bend in DEFECTS:
        yield name, bend_folder(work, name, number, bend)
    removed = bend_folder(work, "segment_removed", 1, flip(0))
    os.remove(f"{removed}/segment-000002.phr")
    shutil.copy(f"{work}/fresh/segment-000001.phr", removed)
    yield "segment_removed", removed
    shortened = bend_folder(work, "last_segment_removed", 1, lambda data: None)
    os.remove(f"{shortened}/segment-000003.phr")
    yield "last_segment_removed", shortened
    swapped = bend_folder(work, "segments_swapped", 1, lambda data: None)
    os.rename(f"{swapped}/segment-000002.phr", f"{swapped}/other")
    os.rename(f"{swapped}/segment-000003.phr", f"{swapped}/segment-000002.phr")
    os.rename(f"{swapped}/other", f"{swapped}/segment-000003.phr")
    yield "segments_swapped", swapped
    chance = random.Random(7)
    for nth in range(4):
        number = chance.randint(1, 3)
        size = os.path.getsize(f"{work}/fresh/segment-{number:06}.phr")
        yield f"flipped_by_chance_{nth}", bend_folder(work, f"flipped_by_chance_{nth}", number, flip(chance.randrange(size)))


def main():
    program, work, source = sys.argv[1:4]
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    key = record(program, work, source)
    failed = 0
    for name, folder in [("fresh", f"{work}/fresh"), *bent_folders(work)]:
        answer = run(program, work, source, "evidence", "verify", folder, "--pubkey", key, "--digest", "--json")
        ours = json.loads(answer.stdout) if answer.stdout else {"program": answer.stderr}
        theirs = read_recording.read(folder, bytes.fromhex(key))
        differing = [f"{field}: program {ours.get(field)}, reader {theirs[field]}"
                     for field in COMPARED if ours.get(field) != theirs[field]]
        if (name == "fresh") != theirs["sound"] and name != "last_segment_removed":
            differing.append(f"nobody is wrong: sound is {theirs['sound']}")
        failed += bool(differing)
        print(f"{'FAILED' if differing else 'ok'}: {name} (sound {theirs['sound']}, {theirs['events']} events, "
              f"tail {theirs['tail']}, {theirs['wounds']} wounds) {'; '.join(differing)}")
    sys.exit(1 if failed else 0)


main()
