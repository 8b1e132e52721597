#!/usr/bin/env python3
"""Forks of the demo's recording, as a user makes them.

usage: fork_test.py PHALAROPE WORK_DIR SOURCE_DIR

Asserted: before each turn the same plan gives the same future, decision by decision and sample by sample of its
timeline; another interruption policy, another voice and another dialogue part from the record where they must and
nowhere before; two equal forks are equal byte for byte; each fork's recording replays without a difference and names its
parent; a fork of a fork is one more fork; a place that is not there, a damaged recording, a folder that holds another
recording and a provider that is not on this machine are refused in a sentence. Exit code 77 (skipped) when the speech
clips are not installed.
"""
import filecmp
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

CLIPS = "/usr/share/pocketsphinx/test/data"
TURNS = 6


class Forks:
    def __init__(self, program, work, source):
        self.program, self.work = program, work
        self.env = trial.environment(source, work)
        self.pipeline = f"{source}/firmware_images/conf/pipeline.yaml"
        self.intents = f"{source}/firmware_images/conf/intents/demo.yaml"
        shutil.rmtree(f"{work}/demo", ignore_errors=True)
        demo = self.run("demo", "--output", f"{work}/demo", "--json")
        check(demo.returncode == 0, f"the demo ends well {demo.stderr.strip()}")
        self.recording = f"{work}/demo/recording"

    def run(self, *command):
        return subprocess.run((self.program, *command), env=self.env, capture_output=True, text=True, check=False)

    def fork(self, *how, out="fork", recording=None):
        told = self.run("fork", recording or self.recording, "--out", f"{self.work}/{out}", "--json", *how)
        if told.returncode == 2:
            return None, told.stderr.strip()
        replayed = self.run("replay", f"{self.work}/{out}/recording", "--json")
        report = json.loads(replayed.stdout)
        check(report["verdict"] == "identical", f"the fork's recording replays ({' '.join(how)})")
        return json.loads(told.stdout), told.returncode

    def refused(self, sentence, *how, recording=None):
        _, told = self.fork(*how, recording=recording)
        check(isinstance(told, str) and sentence in told and "\n" not in told, f"refused: {told}")

    def file(self, name, text):
        with open(f"{self.work}/{name}", "w", encoding="utf-8") as out:
            out.write(text)
        return f"{self.work}/{name}"


def check_same_future(forks):
    for turn in range(1, TURNS + 1):
        told, code = forks.fork("--turn", str(turn), "--plan", forks.pipeline)
        check(code == 0 and "first_difference" not in told and "first_decision" not in told and told["live_steps"] == 0,
              f"before turn {turn} the same plan is the same future")
        check(told["past_outputs"] + told["shared_outputs"] > 3000 and told["recorded"]["turns"] == told["fork"]["turns"],
              f"all {told['past_outputs'] + told['shared_outputs']} outputs as recorded")
        check(told["plan_hash"] == told["forked_plan_hash"] and told["comparison"]["total_divergences"] == 0,
              "and the comparison of the two recordings finds nothing")


def check_nodes_anew(forks):
    """The same voice and the same intents, really asked: the future is lived, and is the recorded one."""
    told, code = forks.fork("--turn", "1", "--provider", "tts=flite", "--intents", forks.intents)
    check(told["live_steps"] > 3000 and code == 0 and "first_decision" not in told,
          f"lived again from turn 1 in {told['live_steps']} steps: no decision differs {told.get('first_decision')}")
    check(told["recorded"]["turns"] == told["fork"]["turns"], "and each turn tells the same story")


def check_another_policy(forks):
    with open(forks.pipeline, encoding="utf-8") as shipped:
        text = shipped.read()
    deaf = forks.file("deaf.yaml", text.replace("speaking: {enough_speech_ms: 600, word_confirms: true}",
                                                "speaking: {enough_speech_ms: 600, word_confirms: false}"))
    told, code = forks.fork("--turn", "1", "--plan", deaf)
    first = told["first_decision"]
    check(code == 1 and first["recorded"].startswith("interruption_confirmed (word_recognised) of turn 1") and
          first["now"].startswith("interruption_confirmed (enough_speech) of turn 1"),
          f"a word no longer confirms: {first['recorded']} / {first['now']}")
    check(told["plan_hash"] != told["forked_plan_hash"], "the plan has another hash")
    check(told["comparison"]["by_class"]["PLAN_DIVERGENCE"] > 0, "and the comparison says that it is another plan")
    soft = forks.file("soft.yaml", text.replace("duck_gain_permille: 100", "duck_gain_permille: 200"))
    late, _ = forks.fork("--turn", "5", "--plan", soft)
    first = late["first_difference"]
    check(first["recorded"].startswith("command_duck: 100") and first["now"].startswith("command_duck: 200") and
          first["field"] == "argument_a" and "first_decision" not in late, f"another command is named, too: {first}")
    check(first["at_ns"] > late["at_ns"] > 40e9, "before turn 5 nothing of turns 1 to 4 is touched")
    inside, _ = forks.fork("--turn", "1", "--event", "3", "--plan", soft)
    check(inside["first_difference"]["at_ns"] > 14e9, "inside turn 1 its frozen plan stays to its end")


def check_another_voice(forks):
    for out in ("voice", "voice2"):
        told, code = forks.fork("--turn", "3", "--provider", "tts=flite:kal16", "--html", f"{forks.work}/{out}.html", out=out)
    check(code == 1 and told["fork"]["turns"][:2] == told["recorded"]["turns"][:2], "another voice changes nothing before")
    check(told["first_decision"]["at_ns"] > told["at_ns"] and told["fork"]["turns"][2]["answer"] ==
          told["recorded"]["turns"][2]["answer"], "the same words at other times")
    segment = "recording/segment-000001.phr"
    check(filecmp.cmp(f"{forks.work}/voice/{segment}", f"{forks.work}/voice2/{segment}", shallow=False),
          "two equal forks are equal byte for byte")
    with open(f"{forks.work}/voice/{segment}", "rb") as written:
        evidence = written.read()
    check(b"cursor=demo|turn-000003|ControlLane|" in evidence and told["plan_hash"].encode() in evidence,
          "the fork's evidence names its parent")
    for name in ("recorded.wav", "fork.wav"):
        check(os.path.getsize(f"{forks.work}/voice/{name}") > 500_000, f"{name} holds a future's sound")
    check(os.path.getsize(f"{forks.work}/voice.html") > 100_000, "the page holds both")
    again, _ = forks.fork("--turn", "4", "--provider", "tts=flite@1500", recording=f"{forks.work}/voice/recording", out="second")
    check(again["fork"]["turns"][:3] == told["fork"]["turns"][:3], "a fork can be forked")


def check_another_dialogue(forks):
    with open(forks.intents, encoding="utf-8") as shipped:
        text = shipped.read()
    told, code = forks.fork("--turn", "2", "--intents", forks.file("other.yaml", text.replace(
        '"The {rank} of {suit}."', '"It is the {rank}."')))
    check(code == 1 and told["fork"]["turns"][1]["answer"] == ["It is the seven."], "another dialogue answers")
    check(told["fork"]["turns"][0] == told["recorded"]["turns"][0], "after the same first turn")
    brief = text[:text.index("Going {direction}")] + "Going.\n\n" + text[text.index("  - name: card_one"):]
    told, _ = forks.fork("--turn", "1", "--intents", forks.file("brief.yaml", brief))
    check(8e9 < told["world_valid_until_ns"] < 9e9 and "not heard here" in told["notes"][0],
          f"whom the user interrupted is not there any more: {told['notes']}")


def check_refusals(forks):
    forks.refused("it has no turn and no event `99`", "--turn", "99")
    forks.refused("is no cursor", "--at", "a|b")
    forks.refused("where?")
    forks.refused("no such local provider", "--turn", "2", "--provider", "tts=robot")
    forks.refused("give --intents FILE", "--turn", "2", "--provider", "stt=pocketsphinx")
    forks.refused("no recording", "--turn", "2", recording=f"{forks.work}/nowhere")
    damaged = f"{forks.work}/damaged"
    shutil.rmtree(damaged, ignore_errors=True)
    shutil.copytree(forks.recording, damaged)
    with open(f"{damaged}/segment-000001.phr", "r+b") as segment:
        segment.seek(os.path.getsize(segment.name) // 2)
        byte = segment.read(1)
        segment.seek(-1, os.SEEK_CUR)
        segment.write(bytes([byte[0] ^ 1]))
    forks.refused("the recording is damaged", "--turn", "2", recording=damaged)
    _, told = forks.fork("--turn", "2", out="demo")
    check(isinstance(told, str) and "choose another folder" in told, f"the recording itself is left alone: {told}")


def main():
    program, work, source = sys.argv[1:4]
    if not os.path.exists(f"{CLIPS}/goforward.raw"):
        print("skipped: install pocketsphinx-testdata")
        sys.exit(77)
    forks = Forks(program, work, source)
    check_same_future(forks)
    check_nodes_anew(forks)
    check_another_policy(forks)
    check_another_voice(forks)
    check_another_dialogue(forks)
    check_refusals(forks)


main()
