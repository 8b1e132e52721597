#!/usr/bin/env python3
"""Whole conversations whose nodes are programs of their own, from the outside: spoken, recorded, replayed.

usage: converse_test.py PHALAROPE HOSTILE_NODE WORK_DIR SOURCE_DIR

Asserted: the demo with espeak-ng as its voice understands and answers as with the built-in one, two runs of it sound
the same and decide the same, and the replay has no difference; a dialogue that crashes in the middle of every answer costs each turn
its answer and nothing else, and that recording replays without a difference too; `validate-spec` and `plan show` tell
about programs; `node test` passes and fails as it should. Exit code 77 (skipped) when clips or espeak-ng are missing.
"""
import filecmp
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from trial import check  # noqa: E402

CLIPS = "/usr/share/pocketsphinx/test/data"


def run(*command, code=0):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != code:
        print(f"FAILED: {' '.join(command)} ended with {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        sys.exit(1)
    return done.stdout + done.stderr if code else done.stdout


def demo(phalarope, pipeline, output):
    shutil.rmtree(output, ignore_errors=True)
    return json.loads(run(phalarope, "demo", "--pipeline", pipeline, "--output", output, "--json"))


def check_espeak(phalarope, pipeline, work):
    told = demo(phalarope, pipeline, f"{work}/espeak")
    heard = [turn["heard"] for turn in told["turns"] if turn["class"] == "words"]
    check(heard.count("go forward ten meters") == 3, f"understood {heard}")
    check(all(turn["end"] in ("commit", "abort") for turn in told["turns"]), "every turn has its end")
    check(not any(turn["reason"] in ("timeout", "node_timeout_or_failure") for turn in told["turns"]), "no node failed")
    check(os.path.getsize(f"{work}/espeak/answer.wav") > 100_000, "the voice was heard")
    again = json.loads(run(phalarope, "replay", f"{work}/espeak/recording", "--json"))
    check(again["verdict"] == "identical" and again["outputs_different"] == 0, "the recording replays with 0 differences")
    demo(phalarope, pipeline, f"{work}/espeak2")
    check(filecmp.cmp(f"{work}/espeak/answer.wav", f"{work}/espeak2/answer.wav", shallow=False),
          "a second run sounds the same, byte for byte")
    compared = json.loads(run(phalarope, "replay", "compare", f"{work}/espeak/recording", f"{work}/espeak2/recording",
                              "--json"))
    check(compared["total_divergences"] == 0, "two runs decided the same")


def check_crashing(phalarope, hostile, pipeline, work):
    with open(pipeline, encoding="utf-8") as file:
        text = file.read()
    crashing = f"{work}/crashing.yaml"
    with open(crashing, "w", encoding="utf-8") as file:
        file.write(text.replace("{id: dialogue, type: dialogue, provider: intents}",
                                f"{{id: dialogue, type: dialogue, provider: hostile, external: {{command: [{hostile}, crash_always]}}}}"))
    told = demo(phalarope, crashing, f"{work}/crashing")
    check(len(told["turns"]) >= 4, f"{len(told['turns'])} turns were spoken although every answer crashed")
    check(all(turn["end"] in ("commit", "abort") for turn in told["turns"]), "every turn has its end")
    again = json.loads(run(phalarope, "replay", f"{work}/crashing/recording", "--json"))
    check(again["verdict"] == "identical" and again["outputs_different"] == 0, "the recording of crashes replays with 0 differences")


def check_tools(phalarope, hostile, pipeline, work):
    check("valid" in run(phalarope, "validate-spec", pipeline), "the shipped example is valid")
    shown = json.loads(run(phalarope, "plan", "show", pipeline, "--json"))
    settings = shown["programs"][0]["settings"]
    check(settings["synthesiser.limits.memory_mib"] == "256", "plan show tells the limits of a program")
    check("synthesiser.restarts.in_a_row_max" in run(phalarope, "plan", "show", pipeline), "in the table too")
    wrong = f"{work}/wrong.yaml"
    with open(pipeline, encoding="utf-8") as file:
        text = file.read()
    with open(wrong, "w", encoding="utf-8") as file:
        file.write(text.replace("cancel_grace_ms: 75", "cancel_grace_ms: 76").replace("files: 64", "fils: 64"))
    told = run(phalarope, "validate-spec", wrong, code=1)
    check("external.timeouts.cancel_grace_ms" in told and "fils: unknown field" in told, "mistakes are told with their field")
    script = f"{work}/script.yaml"
    with open(script, "w", encoding="utf-8") as file:
        file.write("spec: node-test/v1\nsteps:\n  - {ask: hello, expect: [hello]}\n"
                   "  - {ask: crash, expect_fault: external_process_ended}\n"
                   "  - {ask: hang, expect_fault: external_execution_timeout}\n"
                   "  - {ask: hang, cancel_after_ms: 30, expect_fault: external_cancel_ignored}\n"
                   "  - {ask: hang_unless_cancelled, cancel_after_ms: 30}\n"
                   "  - {ask: again, expect: [again]}\n")
    report = json.loads(run(phalarope, "node", "test", "--script", script, hostile, "--json"))
    check(report["passed"] and len(report["steps"]) == 6 and report["starts"] == 4, "a node's script passes")
    run(phalarope, "node", "test", "--ask", "crash", hostile, code=1)
    run(phalarope, "node", "test", "--ask", "x", "/bin/true", code=1)
    run(phalarope, "node", "test", "/bin/true", code=2)
    run(phalarope, "node", "test", "--ask", "hello", "--repeat", "100", "echo_node")


def main():
    phalarope, hostile, work, source = sys.argv[1:5]
    if not os.path.exists(f"{CLIPS}/goforward.raw") or shutil.which("espeak-ng") is None:
        print("skipped: install pocketsphinx-testdata and espeak-ng")
        sys.exit(77)
    os.makedirs(work, exist_ok=True)
    pipeline = f"{source}/firmware_images/conf/pipeline-espeak.yaml"
    check_tools(phalarope, hostile, pipeline, work)
    check_espeak(phalarope, pipeline, work)
    check_crashing(phalarope, hostile, pipeline, work)


main()
