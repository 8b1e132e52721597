#!/usr/bin/env python3
"""Reads and verifies a recording with nothing but the Python standard library.

usage: read_recording.py RECORDING [PUBLIC_KEY_HEX]

Written from the description alone: hal/store/segment_format.hpp and schemas/{evidence,checkpoint}.fbs. It shares no line
with the program, so that what both say of a recording is said twice. Prints one JSON object; exit code 0 sound, 1 not.
"""
import bisect
import hashlib
import json
import os
import re
import struct
import sys

import ed25519
from wire import HEAD, blake, crc32c, field, is_head, number, vector

PAGE, BODY_MAX = 4096, 16 * 1024 * 1024
RECORDS, CARRIED, CHECKPOINT = 1, 2, 3
EVENT, SYMBOL, LOSS, TYPES = 1, 2, 9, 10


class Segment:
    """One file: its sound blocks, and each place (an index into them) before which something was not believed."""

    def __init__(self, path):
        self.data = data = open(path, "rb").read()
        self.blocks, self.wounds, self.checkpoint, self.number, self.recording = [], [], None, None, None
        self.sound_end = PAGE
        head, salt, chain = data[:PAGE], None, None
        if len(head) == PAGE and head[:8] == b"PHALSEG1" and number(head, "I", 4092) == crc32c(head[:4092]):
            salt, self.recording, self.number = head[16:32], head[32:48], number(head, "Q", 48)
            self.before, chain = head[64:96], blake(head)
        else:
            self.wounds.append(0)
            salts = ((at, data[at + 8:at + 24]) for at in range(PAGE, len(data), PAGE))
            salt = next((salt for at, salt in salts if self.block_at(at, salt)), None)
        self.last_chain, self.salt = chain, salt
        if salt is None:
            self.sound_end = 0
            return
        found, at = [], PAGE
        while at < len(data):
            block = self.block_at(at, salt)
            if block:
                found.append(block)
            at += block["size"] if block else PAGE
        self.walk(found, self.in_order(found), chain)

    def block_at(self, at, salt):
        head = self.data[at:at + HEAD]
        if not is_head(head, salt):
            return None
        body, size = number(head, "I", 4), -(-(HEAD + number(head, "I", 4)) // PAGE) * PAGE
        whole = self.data[at:at + size]
        if not 0 < body <= BODY_MAX or len(whole) < size:
            return None
        if number(head, "I", 136) != crc32c(salt, head[:136], whole[HEAD:]):
            return None
        names = ("number", "first", "count", "kind", "zero", "durable", "made_at")
        return dict(zip(names, struct.unpack_from("<QQIHHQq", head, 24)), at=at, size=size, whole=whole,
                    body=whole[HEAD:HEAD + body], chain=head[64:96])

    @staticmethod
    def in_order(found):
        """Indices of the longest growing run of block numbers."""
        tops, numbers, before = [], [], []
        for index, block in enumerate(found):
            pile = bisect.bisect_left(numbers, block["number"])
            before.append(tops[pile - 1] if pile else None)
            tops[pile:pile + 1], numbers[pile:pile + 1] = [index], [block["number"]]
        run, index = set(), tops[-1] if tops else None
        while index is not None:
            run.add(index)
            index = before[index]
        return run

    def walk(self, found, run, chain):
        expected, offset = 0, PAGE
        for index, block in enumerate(found):
            if block["at"] > offset:
                if not any(later["durable"] > expected or later["kind"] == CHECKPOINT and later["number"] >= expected
                           for later in found[index:]):
                    break  # the tail of an unfinished write
                self.wounds.append(len(self.blocks))
            elif block["number"] > expected and index in run:
                self.wounds.append(len(self.blocks))  # a block is missing before this place
            offset = block["at"] + block["size"]
            if index not in run:
                self.wounds.append(len(self.blocks))
                continue
            broken = chain is not None and block["number"] == expected and block["chain"] != chain
            expected = block["number"] + 1
            chain = None if broken else blake(block["whole"])
            if broken:
                self.wounds.append(len(self.blocks))
                continue
            self.last_chain, self.sound_end = chain, offset
            root = 4 + number(block["body"], "I", 4)
            if block["kind"] == CHECKPOINT:
                self.read_checkpoint(block, root)
                break
            self.blocks.append((block, root))
        point = self.checkpoint
        if not point or len(self.data) > self.sound_end or point["file_bytes"] != self.sound_end or \
                (point["blocks"] != len(self.blocks) and not self.wounds):
            self.wounds.append(len(self.blocks))

    def read_checkpoint(self, block, root):
        body = block["body"]
        table = field(body, root, 4)
        table += number(body, "I", table)
        self.checkpoint = {"block": block, "signature": vector(body, field(body, table, 11))}
        for name, index, form in (("blocks", 1, "Q"), ("file_bytes", 2, "Q"), ("closed", 8, "B")):
            at = field(body, table, index)
            self.checkpoint[name] = number(body, form, at) if at else 0

    def tail(self):
        if self.checkpoint:
            return "closed" if self.checkpoint["closed"] else "continues"
        rest = self.data[self.sound_end:]
        head = rest[:HEAD]
        longer = is_head(head, self.salt) and HEAD + number(head, "I", 4) > len(rest)
        return "cut" if not rest or len(self.data) % PAGE or longer else "open"

    def signed_by(self, key):
        block, (at, size) = bytearray(self.checkpoint["block"]["whole"]), self.checkpoint["signature"]
        at += HEAD
        signature = bytes(block[at:at + size])
        block[at:at + size], block[136:144] = bytes(size), bytes(8)
        return size == 64 and ed25519.signed_by(key, b"phalarope checkpoint 1" + blake(block), signature)


def read(path, key):
    answer = {"segments": 0, "blocks": 0, "events": 0, "proven_segments": 0, "tail": "none", "wounds": 0}
    names = [name for name in os.listdir(path) if re.fullmatch(r"segment-\d{6,}\.phr", name)]
    digest, expected, explained, before, recording, last = hashlib.blake2b(digest_size=32), None, True, None, None, 0

    def wound(count=1):
        nonlocal explained
        answer["wounds"] += count
        explained = explained or count > 0

    for name in sorted(names, key=lambda name: int(name[8:-4])):
        segment = Segment(f"{path}/{name}")
        answer["segments"] += 1
        here = int(name[8:-4]) if segment.number is None else segment.number
        wound(here != int(name[8:-4]))
        if segment.recording and recording and segment.recording != recording:
            wound()
            before = None
            continue
        recording = segment.recording or recording
        if last and here > last + 1:
            wound()
        elif before and before.checkpoint and segment.number is not None and segment.before != before.last_chain:
            wound()
        last, before, answer["tail"] = here, segment, segment.tail()
        if key and segment.checkpoint:
            proven = segment.signed_by(key)
            answer["proven_segments"] += proven
            wound(not proven)
        for index, (block, root) in enumerate(segment.blocks + [(None, 0)]):
            wound(sum(at == index for at in segment.wounds))
            if block is None:
                break
            answer["blocks"] += 1
            body = block["body"]
            (order, count), (events, _) = (vector(body, field(body, root, index)) for index in (0, 1))
            payloads, member = vector(body, field(body, root, 3))[0], {EVENT: 0, SYMBOL: 0, LOSS: 0}
            for offset, kind in (struct.unpack_from("<IB", body, order + 8 * i) for i in range(count)):
                place = kind if kind in (EVENT, SYMBOL) else LOSS
                nth, member[place] = member[place], member[place] + 1
                sequence = block["first"] + offset
                if block["kind"] == CARRIED or expected is not None and sequence < expected:
                    continue  # outside the sequence, or written again after a disk refused
                if expected is not None and sequence > expected and not explained:
                    table = payloads + 4 * nth
                    at = vector(body, field(body, table + number(body, "I", table), 0))[0] if kind == LOSS else 0
                    wound(not at or struct.unpack_from("<QQ", body, at) != (expected, sequence - 1))
                expected, explained = sequence + 1, False
                if kind == EVENT:
                    answer["events"] += 1
                    digest.update(body[events + 128 * nth:events + 128 * (nth + 1)])
    answer.update(sound=answer["wounds"] == 0, events_digest=digest.hexdigest())
    return answer


if __name__ == "__main__":
    verdict = read(sys.argv[1], bytes.fromhex(sys.argv[2]) if len(sys.argv) > 2 else None)
    print(json.dumps(verdict, indent=2))
    sys.exit(0 if verdict["sound"] else 1)
