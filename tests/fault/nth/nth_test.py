#!/usr/bin/env python3
"""The N-th system call or allocation of a whole conversation fails: a clean refusal, or the turn still closes (Q17).

usage: nth_test.py PHALAROPE SABOTEUR WORK_DIR [--all | --seconds S] [--only call|allocation] [--nth N] [--json]

One run without a failure counts the calls and allocations and finds the first of each distinct call stack. Then each
of these fails once, in a conversation of its own (one sentence heard, one answered, in virtual time). --all lets every
call fail, and every distinct allocation; else what is looked at is spread evenly over as many as fit in S seconds.
Held against each run:
  it ends by itself, with 0, 1 or 2, within 30 s; no signal, no abort
  it ends with 0: the turn has closed; where it closed otherwise than without the failure, the turn's end says why, or
      stderr does
  it ends with 1 or 2: stderr says `phalarope: WHAT; WHAT TO DO`
  what it recorded reads without damage, and (calls) the next start on the folder talks and closes its turn
Exit code 77 (skipped) when the speech clips are not installed.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402

CLIP = "/usr/share/pocketsphinx/test/data/goforward.raw"
RUN_SECONDS_MAX = 30
ERRORS = {"ENOSPC": 28, "EIO": 5}
# What a sentence must hold to be a cure.
CURES = ("check", "choose", "give", "install", "raise", "move", "see", "add", "free", "set", "run ", "close")
# A segment that was left behind because the disk refused stays open for ever; what was in it was written again.
LEFT_BEHIND = "no checkpoint (still open, or cut)"
HERE = os.path.dirname(os.path.abspath(__file__))


class Rig:
    def __init__(self, program, saboteur, work):
        self.program, self.saboteur, self.work = program, saboteur, work
        source = os.path.abspath(f"{HERE}/../../..")
        self.env = trial.environment(source, work)

    def talk(self, folder, **failing):
        """Runs one conversation; (ended, report lines)."""
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        return self.talk_again(folder, **failing)

    def talk_again(self, folder, **failing):
        report = f"{folder}/report"
        env = dict(self.env, LD_PRELOAD=self.saboteur, FAIL_REPORT=report) if failing.pop("sabotaged", True) else self.env
        env = dict(env, **{name: str(value) for name, value in failing.items()})
        command = [self.program, "talk", "--wav", CLIP, "--intents", f"{HERE}/intents.yaml", "--recording", f"{folder}/recording",
                   "--answer", f"{folder}/answer.wav", "--json"]
        try:
            ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=RUN_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return None, []
        lines = open(report, encoding="utf-8").read().splitlines() if os.path.exists(report) else []
        return ended, lines

    def verified(self, recording):
        ended = subprocess.run([self.program, "evidence", "verify", recording, "--json"], env=self.env, capture_output=True,
                               text=True, check=False)
        return json.loads(ended.stdout) if ended.stdout else {"damage": [ended.stderr.strip()]}


def ends_of(told):
    return [(turn["end"], turn["heard"], turn["answer"], turn["words_spoken"]) for turn in told["turns"]]


def answered_before_the_end(ended, sound):
    """The JSON library allocates while it takes a document down: the answer is out, whole and right (fault model)."""
    if ended.returncode != -signal.SIGABRT or "std::bad_alloc" not in ended.stderr:
        return False
    try:
        return ends_of(json.loads(ended.stdout)) == sound
    except ValueError:
        return False


def judge(rig, folder, kind, sound, ended):
    """What is wrong with this run, or nothing; and in which of the allowed ways it went."""
    if ended is None:
        return "it hangs", "hang"
    error = ended.stderr.strip()
    if answered_before_the_end(ended, sound):
        return None, "after the answer"
    if ended.returncode < 0:
        return f"signal {-ended.returncode}: {error[-300:]}", "crash"
    recording = f"{folder}/recording"
    if os.path.isdir(recording) and any(name.endswith(".phr") for name in os.listdir(recording)):
        # A folder in which nothing was promised yet has nothing that could be damaged.
        verified = rig.verified(recording)
        wounds = [wound for wound in verified["damage"] if LEFT_BEHIND not in str(wound)]
        if wounds or verified.get("repeated_records", 0):
            return f"damage: {wounds[:1]}, {verified.get('repeated_records')} records twice", "damage"
    if ended.returncode == 0:
        told = json.loads(ended.stdout)
        if any(turn["end"] == "none" for turn in told["turns"]):
            return "a turn is open", "open"
        if ends_of(told) == sound:
            return None, "no difference"
        aborted = [turn["reason"] for turn in told["turns"] if turn["end"] == "abort"]
        if aborted or error:
            return None, "counted degradation"
        return f"silently different: {ends_of(told)}", "silent"
    said = [line for line in error.splitlines() if line.startswith("phalarope: ")]
    if ended.returncode not in (1, 2) or not said or "unexpected" in error or not any(cure in said[-1].lower() for cure in CURES):
        return f"exit {ended.returncode} saying {error[-300:]!r}", "unclean"
    if kind == "call":
        again, _ = rig.talk_again(folder, sabotaged=False)
        if again is None or again.returncode != 0:
            return f"the next start fails: {again and again.stderr.strip()[-300:]}", "next start"
    return None, "clean refusal"


def chosen(places, total_calls, options):
    """(kind, number, name) of what shall fail."""
    if options.nth:
        return [(options.only or "call", options.nth, "?")]
    names = {(kind, number): name for kind, number, name in places}
    every = [("call", number, names.get(("call", number), "?")) for number in range(1, total_calls + 1)]
    calls = every if options.all else [place for place in places if place[0] == "call"]
    some = calls + [place for place in places if place[0] == "allocation"]
    return [place for place in some if options.only in (None, place[0])]


def spread(places):
    """The same places in an order whose every beginning is spread evenly over all of them."""
    order, step = [], 1 << 20
    seen = set()
    while step:
        for index in range(0, len(places), step):
            if index not in seen:
                seen.add(index)
                order.append(places[index])
        step >>= 1
    return order


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program"), parser.add_argument("saboteur"), parser.add_argument("work")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--only", choices=("call", "allocation"))
    parser.add_argument("--nth", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not os.path.exists(CLIP):
        print("skipped: install pocketsphinx-testdata")
        sys.exit(77)
    rig = Rig(options.program, options.saboteur, options.work)
    ended, report = rig.talk(f"{options.work}/sound")
    if ended is None or ended.returncode != 0:
        sys.exit(f"the conversation fails by itself: {ended and ended.stderr}")
    sound = ends_of(json.loads(ended.stdout))
    words = [line.split() for line in report]
    totals = {line[0]: int(line[1]) for line in words if line[0] in ("calls", "allocations")}
    places = [(line[1], int(line[2]), line[3]) for line in words if line[0] == "place"]
    work = spread(chosen(places, totals["calls"], options))
    ways, findings, until = collections.Counter(), [], time.monotonic() + options.seconds

    def one(place):
        kind, number, name = place
        if not options.all and not options.nth and time.monotonic() > until:
            return None
        folder = f"{options.work}/{kind}-{number}"
        error = "ENOSPC" if number % 2 else "EIO"
        failing = {"FAIL_CALL" if kind == "call" else "FAIL_ALLOCATION": number, "FAIL_ERRNO": ERRORS[error]}
        ran, lines = rig.talk(folder, **failing)
        struck = [line.split()[1] for line in lines if line.startswith("struck ")]
        wrong, way = judge(rig, folder, kind, sound, ran)
        if not wrong:
            shutil.rmtree(folder, ignore_errors=True)
        return (f"{kind} {number} ({(struck or [name])[0]}, {error if kind == 'call' else 'ENOMEM'}): {wrong}" if wrong else None,
                way if struck else "not reached", kind)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for answer in pool.map(one, work):
            if answer is None:
                continue
            ways[answer[1]] += 1
            ways[answer[2]] += 1
            if answer[0]:
                findings.append(answer[0])
                print(f"FAILED {answer[0]}", flush=True)
    figures = {"calls": totals["calls"], "allocations": totals["allocations"], "places": len(places),
               "calls_failed": ways.pop("call", 0), "allocations_failed": ways.pop("allocation", 0), **ways}
    if options.json:
        print(json.dumps({"goal": "Q17", "passed": not findings, "figures": figures, "findings": findings}, indent=2))
    print(f"{'FAIL' if findings else 'PASS'} Q17 " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in figures.items()))
    sys.exit(1 if findings else 0)


main()
