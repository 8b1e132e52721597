#!/usr/bin/env python3
"""The demo as a newcomer sees it: run, heard, replayed, damaged.

usage: demo_test.py PHALAROPE WORK_DIR SOURCE_DIR

Asserted: the six turns of the script with their words and ends; silence within one audio period of the fence; the
cough's hold was dismissed; the same run twice gives the same recording and the same sound; the replay has no
difference in any mode and in steps; the two recordings compare as equal, and not when a policy expects what does not
happen; every flipped byte of a spread over the recording is named by `evidence verify` and never called identical
by `replay`; a recording cut anywhere keeps its head. Exit code 77 (skipped) when the speech clips are not installed.
"""
import filecmp
import json
import os
import random
import shutil
import subprocess
import sys
import wave

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

CLIPS = "/usr/share/pocketsphinx/test/data"
PERIOD_SAMPLES = 160
FLIPS = 150
CUTS = 25


def run(*command, env):
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def check_turns(turns):
    heard = [turn["heard"] if turn["class"] == "words" else turn["class"] for turn in turns]
    expected = ["go forward ten meters", "seven of clubs", "go forward ten meters", "rejected", "go forward ten meters",
                "stop_phrase"]
    check(heard == expected, f"understood {heard}")
    ends = [(turn["end"], turn["reason"]) for turn in turns]
    check(ends == [("abort", "cancelled"), ("commit", ""), ("commit", ""), ("commit", ""), ("abort", "cancelled"),
                   ("commit", "")], f"ended {ends}")
    check(turns[3]["answer"] == ["I did not understand."], "what it does not know it says")
    check(turns[5]["answer"] == [], "stop is answered by silence")
    for number in (0, 4):
        doubt = next(d for d in turns[number]["interruptions"] if d["verdict"] == "confirmed")
        check(0 <= doubt["fence_to_silence_samples"] <= PERIOD_SAMPLES,
              f"turn {number + 1}: {doubt['fence_to_silence_samples']} samples from the fence to silence")
        check(turns[number]["words_heard"] < turns[number]["words_spoken"] + 1, "words heard are words that were said")
    verdicts = [d["verdict"] for d in turns[2]["interruptions"]]
    check(verdicts == ["dismissed"] and turns[2]["words_heard"] == turns[2]["words_spoken"],
          f"the cough was dismissed and the whole answer heard ({turns[2]['words_heard']} words)")


def segments(recording):
    return sorted(os.path.join(recording, name) for name in os.listdir(recording) if name.endswith(".phr"))


def check_damage(phalarope, recording, work, env, chance):
    damaged = f"{work}/damaged"
    names = [os.path.basename(path) for path in segments(recording)]
    sizes = [os.path.getsize(path) for path in segments(recording)]
    named = replay_refused = 0
    for flip in range(FLIPS):
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(recording, damaged)
        at = chance.randrange(sum(sizes))
        index = 0
        while at >= sizes[index]:
            at -= sizes[index]
            index += 1
        with open(f"{damaged}/{names[index]}", "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ (1 << chance.randrange(8))]))
        verified = run(phalarope, "evidence", "verify", damaged, "--json", env=env)
        wounds = json.loads(verified.stdout)["damage"]
        named += verified.returncode == 1 and any(wound["file"].endswith(names[index]) for wound in wounds)
        if flip < 20:
            replay_refused += run(phalarope, "replay", damaged, env=env).returncode == 1
    check(named == FLIPS, f"{named} of {FLIPS} flipped bits were named with their file")
    check(replay_refused == 20, "replay never calls a damaged recording identical")
    whole = json.loads(run(phalarope, "evidence", "verify", recording, "--json", env=env).stdout)["records"]
    last = names[-1]
    for _ in range(CUTS):
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(recording, damaged)
        keep = chance.randrange(sizes[-1])
        os.truncate(f"{damaged}/{last}", keep)
        report = json.loads(run(phalarope, "evidence", "verify", damaged, "--json", env=env).stdout)
        check(report["records"] <= whole and not report["sound"], f"cut to {keep} bytes: {report['records']} of {whole} records")


def check_nodes_anew(phalarope, recording, env):
    """The dialogue, asked again with its intents, and the recogniser, listening again to the recorded sound."""
    intents = f"{env['PHALAROPE_SHARE']}/conf/intents/demo.yaml"
    told = json.loads(run(phalarope, "replay", recording, "--mode", "re_simulate_nodes", "--json", env=env).stdout)
    check([line.split(", ")[0] for line in told["nodes"]] ==
          ["recogniser: as recorded", "dialogue: as recorded", "synthesiser: run again"], f"who answers is said: {told['nodes']}")
    anew = run(phalarope, "replay", recording, "--mode", "re_simulate_nodes", "--intents", intents, "--json", env=env)
    told = json.loads(anew.stdout)
    check(all(line.endswith("run again") for line in told["nodes"]) and not told["doubts"], "with intents all three run again")
    check(told["by_class"]["PLAN_DIVERGENCE"] == 0 and told["entries_candidate"] >= told["entries_baseline"] - 4,
          f"and decide {told['entries_candidate']} times, {told['total_divergences']} of them otherwise")


def check_comparisons(phalarope, first, second, work, env):
    for mode in ("re_simulate_nodes", "playback_recorded_provider_outputs", "audit", "regression"):
        by_mode = run(phalarope, "replay", first, "--mode", mode, "--json", env=env)
        check(by_mode.returncode == 0 and json.loads(by_mode.stdout)["total_divergences"] == 0, f"no divergence in mode {mode}")
    check_nodes_anew(phalarope, first, env)
    cursor, entries, steps = [], 0, 0
    while True:
        step = json.loads(run(phalarope, "replay", first, "--step", *cursor, "--json", env=env).stdout)
        steps += 1
        check(step["verdict"] == "pass" and step["entries_baseline"] > entries, f"step {steps}: {step['stepped'][0]}")
        entries = step["entries_baseline"]
        if "next_cursor" not in step:
            break
        at = step["next_cursor"]
        cursor = ["--from", "|".join(str(at[key]) for key in ("session_id", "turn_id", "lane", "runtime_sequence", "event_id"))]
    kept = f"{work}/cursor.json"
    three = json.loads(run(phalarope, "replay", first, "--turn", "3", "--step", "3", "--keep", kept, "--json", env=env).stdout)
    check(three["stepped"][0].endswith("of evt/turn-000003/1 by RK-02"), "--turn 3 begins with its proposal")
    rest = json.loads(run(phalarope, "replay", first, "--cursor", f"@{kept}", "--until", "3", "--json", env=env).stdout)
    check(rest["request_cursor"] == three["next_cursor"] and rest["verdict"] == "pass", "a kept cursor is gone on from")
    check(rest["next_cursor"]["turn_id"] == "turn-000004", "--until 3 ends behind turn 3")
    pair = run(phalarope, "replay", "compare", first, second, "--html", f"{work}/compare.html", "--json", env=env)
    report = json.loads(pair.stdout)
    check(pair.returncode == 0 and report["entries_baseline"] == entries, f"two recordings agree on {entries} decisions")
    with open(f"{work}/compare.html", encoding="utf-8") as page:
        check("passes: no divergence" in page.read(), "the page says so too")
    with open(f"{work}/policy.yaml", "w", encoding="utf-8") as policy:
        policy.write("spec: divergence-policy/v1\nexpected:\n  - {class: PLAN_DIVERGENCE, scope: 'turn:turn-000001'}\n")
    expected = run(phalarope, "replay", "compare", first, second, "--policy", f"{work}/policy.yaml", "--json", env=env)
    missing = json.loads(expected.stdout)["missing_expected"]
    check(expected.returncode == 1 and missing == [{"class": "PLAN_DIVERGENCE", "scope": "turn:turn-000001"}],
          "what was expected and did not happen fails")
    for wrong in (["--mode", "rewind_tape"], ["--from", "a|b"], ["--from", "a|b|DataLane|1|c"], ["--turn", "9"],
                  ["--cursor", "@/nowhere"], ["--keep", kept], ["--step", "0"], ["--policy", f"{work}/none"]):
        check(run(phalarope, "replay", first, *wrong, env=env).returncode == 2, f"{' '.join(wrong)} is a bad call")


def main():
    phalarope, work, source = sys.argv[1:4]
    if not os.path.exists(f"{CLIPS}/goforward.raw"):
        print("skipped: install pocketsphinx-testdata")
        sys.exit(77)
    env = trial.environment(source, work)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    outputs = []
    for name in ("first", "second"):
        directory = f"{work}/{name}"
        shutil.rmtree(directory, ignore_errors=True)
        demo = run(phalarope, "demo", "--output", directory, "--json", env=env)
        check(demo.returncode == 0, f"the demo ends well: {demo.stderr.strip()}")
        outputs.append(json.loads(demo.stdout))
    check_turns(outputs[0]["turns"])
    check(filecmp.cmp(f"{work}/first/answer.wav", f"{work}/second/answer.wav", shallow=False), "two runs sound the same")
    check(outputs[0]["turns"] == outputs[1]["turns"], "two runs tell the same story")
    with wave.open(f"{work}/first/answer.wav") as sound:
        check(sound.getnframes() / sound.getframerate() > 30, "answer.wav holds the conversation")
    page = os.path.getsize(f"{work}/first/timeline.html")
    check(page > 100_000, f"timeline.html holds the audio ({page // 1024} KiB)")
    replayed = run(phalarope, "replay", f"{work}/first/recording", "--json", env=env)
    check(replayed.returncode == 0 and json.loads(replayed.stdout)["outputs_different"] == 0, "the replay has no difference")
    check_comparisons(phalarope, f"{work}/first/recording", f"{work}/second/recording", work, env)
    check_damage(phalarope, f"{work}/first/recording", work, env, random.Random(seed))


main()
