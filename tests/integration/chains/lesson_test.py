#!/usr/bin/env python3
"""Two lessons with the tutor, by voice: the answers are synthesised, heard by the recogniser, scored, recorded.

usage: lesson_test.py PHALAROPE WORK_DIR

Asserted: the first lesson asks for the topic, runs its chain to the end and passes its gates; a miss is a row of the error
log with its type and the time of the answer; engine and tutor replay from the recording without a difference; the second
lesson takes another chain because of the row, and asks the missed item first.
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from trial import check  # noqa: E402

PROGRAM, STATE = sys.argv[1], pathlib.Path(sys.argv[2]) / "lesson"
FIRST = ["hello", "first aid", "call the ambulance", "very sure", "i am ready", "done", "done", "done", "done",
         "the place is safe", "call the ambulance", "in the middle of the chest", "one hundred times", "one hundred times",
         "thirty compressions", "done", "done", "done"]


def lesson(answers):
    words = [word for answer in answers for word in ("--say", answer)]
    done = subprocess.run([PROGRAM, "talk", "--tutor", "--json", "--state", STATE, *words], capture_output=True, text=True,
                          check=False)
    check(done.returncode == 0, f"a lesson of {len(answers)} answers ends well {done.stderr}")
    return json.loads(done.stdout)


def rows():
    with open(STATE / "ErrorLog.csv", newline="", encoding="utf-8") as log:
        return list(csv.DictReader(log))


shutil.rmtree(STATE, ignore_errors=True)
first = lesson(FIRST)
events = [" ".join(event) for event in first["events"]]
check(first["topic"] == "first-aid" and first["chain_id"] == "C-QF-001", "the topic was asked for and its chain selected")
check(first["closed_as"] == "completed", f"the lesson came to its end: {events}")
for gate in ("prime_artifacts_present", "reference_targets_ready", "retrieve_after_reference_only",
             "exit_requires_rsr_or_remediation"):
    check(f"chain.gate {gate} pass" in events, f"{gate} was judged and passed")
check(first["replay_differences"] == 0 and first["replayed_events"] > 1000, "the engine replays without a difference")
check(first["sentences"] > 20 and first["sentence_differences"] == [], "the tutor says every sentence again")
check([(row["item_id"], row["error_type"], row["stage_detected"]) for row in rows()] ==
      [("fa-ratio", "Confusion", "retrieve")], "the one miss is the one row, by its type")
check(0 < float(rows()[0]["time_to_answer"]) < 10, "with the time of its answer")
again = subprocess.run([PROGRAM, "chains", "run", STATE / "sessions/0001", "--json"], capture_output=True, text=True,
                       check=False)
check(again.returncode == 0 and json.loads(again.stdout) == first, "the session is computed again from its evidence")
second = lesson(["first aid", "done", "done", "done", "done", "done", "done", "thirty compressions", "finish lesson"])
check(second["stage"] == "review" and second["chain_id"] == "C-QD-001", "the next lesson is another one, because of the row")
items = [detail for kind, detail in second["events"] if kind == "chain.item"]
check(items[0] == "fa-ratio right", f"and asks first what was missed: {items}")
