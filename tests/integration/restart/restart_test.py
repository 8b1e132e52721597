#!/usr/bin/env python3
"""A recording cut off in the middle of a turn, and the next start on the same folder.

usage: restart_test.py PHALAROPE WORK_DIR SOURCE_DIR

The program is killed (SIGKILL) while the board speaks; a copy of what it left is also cut at arbitrary bytes, as a power
cut may. Then the program runs again on the folder. Asserted each time: `evidence verify` finds the chain sound, no
record missing, none repeated and no turn open; the turn that was open ends as abort (power_loss); the turns and events
before the cut are those that were there before; turns are numbered on; `replay` finds no difference over all runs.
Exit code 77 (skipped) when the speech clips are not installed.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

CLIPS = "/usr/share/pocketsphinx/test/data"
CUTS = 8


class Program:
    def __init__(self, path, work, source):
        self.path = path
        self.env = trial.environment(source, work)
        self.talk = [path, "talk", "--wav", f"{CLIPS}/goforward.raw", "--intents", f"{source}/firmware_images/conf/intents/demo.yaml",
                     "--answer", f"{work}/answer.wav"]

    def run(self, *arguments):
        return subprocess.run([self.path, *arguments], env=self.env, capture_output=True, text=True, check=False)

    def json(self, *arguments):
        ended = self.run(*arguments, "--json")
        if not ended.stdout:
            sys.exit(f"phalarope {' '.join(arguments)} ended with {ended.returncode} and said: {ended.stderr}")
        return json.loads(ended.stdout)

    def talk_to_the_end(self, recording):
        ended = subprocess.run([*self.talk, "--recording", recording, "--json"], env=self.env, capture_output=True,
                               text=True, check=False)
        check(ended.returncode == 0, f"it starts and ends on the folder {ended.stderr.strip()}")

    def talk_until_it_speaks(self, recording):
        child = subprocess.Popen([*self.talk, "--recording", recording, "--realtime"], env=self.env, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        spoke = any(line.startswith("board") for line in child.stdout)
        self.wait_for_open_turn(child, recording)
        child.send_signal(signal.SIGKILL)
        child.wait()
        check(spoke and child.returncode == -signal.SIGKILL, "killed while the board speaks")

    def wait_for_open_turn(self, child, recording):
        """The flusher comes last on a busy machine, and a turn whose open was never flushed did not exist (D19)."""
        while child.poll() is None and self.json("evidence", "verify", recording)["open_turns"] == 0:
            time.sleep(0.02)


def check_continued(program, recording, before, left_open, what):
    """`before`: timeline and verification of what was there before the start."""
    timeline, verified = before
    program.talk_to_the_end(recording)
    after = program.json("evidence", "verify", recording)
    check(after["sound"] and after["closed"], f"{what}: the chain verifies {after['damage']}")
    check(after["open_turns"] == 0, f"{what}: no turn is open")
    check(after["repeated_records"] == 0, f"{what}: no sequence number twice")
    check(after["records"] > verified["records"], f"{what}: {verified['records']} records, then {after['records']}")
    check(after["next_sequence"] == after["records"], f"{what}: numbered without a gap up to {after['next_sequence']}")
    turns = program.json("timeline", recording)["turns"]
    old = timeline["turns"]
    check([turn["turn"] for turn in turns] == list(range(1, len(turns) + 1)), f"{what}: turns are numbered on")
    check(len(turns) == len(old) + 1 and turns[-1]["end"] == "commit", f"{what}: the new run's turn follows")
    for was, now in zip(old, turns):
        if was["end"] == "none":
            check(now["end"] == "abort" and now["reason"] == "power_loss", f"{what}: turn {now['turn']} ends by power_loss")
            was = dict(was, end="abort", reason="power_loss")
        check(was == now, f"{what}: turn {now['turn']} reads as before")
    check(sum(turn["reason"] == "power_loss" for turn in turns) >= left_open, f"{what}: {left_open} turn was left open")
    replayed = program.json("replay", recording)
    check(replayed["verdict"] == "identical" and replayed["runs"] >= 1, f"{what}: replay of {replayed['runs']} runs is {replayed['verdict']}")


def state_of(program, recording):
    verified = program.json("evidence", "verify", recording)
    # A cut inside the first block leaves nothing to show.
    return program.json("timeline", recording) if verified["blocks"] > 0 else {"turns": []}, verified


def last_segment(recording):
    return sorted(os.path.join(recording, name) for name in os.listdir(recording) if name.endswith(".phr"))[-1]


def main():
    path, work, source = sys.argv[1:4]
    if not os.path.exists(f"{CLIPS}/goforward.raw"):
        print("skipped: install pocketsphinx-testdata")
        sys.exit(77)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    program = Program(path, work, source)
    killed, copy = f"{work}/killed", f"{work}/cut"
    shutil.rmtree(killed, ignore_errors=True)
    program.talk_until_it_speaks(killed)
    before = state_of(program, killed)
    check(before[1]["open_turns"] == 1 and not before[1]["closed"], "a turn is open")

    written = os.path.getsize(last_segment(killed))
    for number in range(CUTS):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(killed, copy)
        keep = chance.randrange(4096, min(written, 400_000))
        os.truncate(last_segment(copy), keep)
        there = state_of(program, copy)
        check_continued(program, copy, there, there[1]["open_turns"], f"cut {number} at byte {keep}")

    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(killed, copy)
    check_continued(program, copy, before, 1, "killed")
    check_continued(program, copy, state_of(program, copy), 0, "closed properly")
    program.talk_until_it_speaks(copy)
    check_continued(program, copy, state_of(program, copy), 2, "killed again")


main()
