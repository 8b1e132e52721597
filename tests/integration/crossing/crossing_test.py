#!/usr/bin/env python3
"""A recording made by a board's program replays on the build machine, and the reverse (decisions.md D23).

usage: crossing_test.py HOST_PHALAROPE BOARD_PHALAROPE WORK_DIR SOURCE_DIR [EMULATOR...]

Both programs record the demo. Asserted: each replays both recordings without a difference and with the digest that was
recorded; a board's recording with one word bent is refused by the host. Whether both also *heard* the same is told,
not asserted: front end and recogniser use floating point, and their results are inputs of the recording. Exit code 77
(skipped) when the speech clips or the host's program are missing.
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

CLIPS = "/usr/share/pocketsphinx/test/data"


def share_of(source, work):
    return trial.environment(source, work)


def ask(program, *arguments, env):
    said = subprocess.run([*program, *arguments, "--json"], env=env, capture_output=True, text=True, check=False)
    check(said.stdout.startswith("{"), f"{arguments[0]} answers: {said.stderr.strip()[-300:]}")
    return said.returncode, json.loads(said.stdout)


def check_replays(programs, recordings, env):
    for maker, recording in recordings.items():
        digests = set()
        for reader, program in programs.items():
            code, report = ask(program, "replay", recording, env=env)
            check(code == 0 and report["outputs_different"] == 0 and report["damage"] == [],
                  f"recorded on {maker}, replayed on {reader}: {report['outputs_replayed']} outputs, "
                  f"{report['outputs_different']} different")
            check(report["digest_replayed"] == report["digest_recorded"], f"digest {report['digest_replayed']}")
            digests.add(report["digest_replayed"])
        check(len(digests) == 1, f"one digest for what {maker} recorded")


def check_bent(program, recording, work, env):
    bent = f"{work}/bent"
    shutil.rmtree(bent, ignore_errors=True)
    shutil.copytree(recording, bent)
    segment = os.path.join(bent, sorted(os.listdir(bent))[0])
    with open(segment, "r+b") as file:
        file.seek(os.path.getsize(segment) // 3)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    code, report = ask(program, "replay", bent, env=env)
    check(code == 1 and report["verdict"] != "identical", "one bit bent in the crossing is noticed")


def main():
    host, board, work, source = sys.argv[1:5]
    if not os.path.exists(f"{CLIPS}/goforward.raw") or not os.path.exists(host):
        print("skipped: install pocketsphinx-testdata and build the host's program (./dev build)")
        sys.exit(77)
    programs = {"host": [host], "board": [*sys.argv[5:], board]}
    env = share_of(source, work)
    recordings, stories = {}, {}
    for name, program in programs.items():
        output = f"{work}/{name}"
        shutil.rmtree(output, ignore_errors=True)
        code, told = ask(program, "demo", "--output", output, env=env)
        check(code == 0, f"the demo ends well on {name}: {len(told['turns'])} turns")
        recordings[name], stories[name] = f"{output}/recording", [(turn["heard"], turn["end"]) for turn in told["turns"]]
    check_replays(programs, recordings, env)
    check_bent(programs["host"], recordings["board"], work, env)
    print(f"told: both heard {'the same words' if stories['host'] == stories['board'] else stories}")


main()
