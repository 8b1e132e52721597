#!/usr/bin/env python3
"""The program's recording on a disk that is full, fills up, may not be written, or ends at a limit (Q17, Q21).

usage: disk_test.py PHALAROPE WORK_DIR

Each time: the program ends by itself with 0, 1 or 2, no signal; what it cannot do it says with a cure; a turn that was
heard is answered, or the start is refused; what was recorded reads. Disks that need a mount of their own are left out
where the system gives none (no user namespaces). Exit code 77 (skipped) when the speech clips are not installed.
"""
import json
import os
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402

CLIP = "/usr/share/pocketsphinx/test/data/goforward.raw"
HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS_MAX = 60


def talk(program, recording, work, **how):
    source = os.path.abspath(f"{HERE}/../../..")
    command = [program, "talk", "--wav", CLIP, "--intents", f"{HERE}/../nth/intents.yaml", "--recording", recording, "--json"]
    if how.get("answer"):
        command += ["--answer", how["answer"]]
    before = how.get("before", [])
    return subprocess.run([*before, *command], env=trial.environment(source, work), capture_output=True, text=True,
                          check=False, timeout=SECONDS_MAX, preexec_fn=how.get("limit"))


def judge(name, ended, may_work):
    """What is wrong, or nothing."""
    error = ended.stderr.strip()
    if ended.returncode not in (0, 1, 2):
        return f"{name}: ended with {ended.returncode}: {error[-300:]}"
    if ended.returncode == 0:
        turns = json.loads(ended.stdout)["turns"]
        if not may_work and not error:
            return f"{name}: nothing was said about it"
        if any(turn["end"] == "none" for turn in turns):
            return f"{name}: a turn is open"
        return None
    if not error.startswith("phalarope: ") or "unexpected" in error or not any(c in error for c in ("check", "choose", "move", "free")):
        return f"{name}: exit {ended.returncode} saying {error[-300:]!r}"
    return None


def mounted(options, recording, work):
    """A prefix that runs a command with a tmpfs of its own at `recording`'s parent."""
    folder = os.path.dirname(recording)
    os.makedirs(folder, exist_ok=True)
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True,
                           check=False)
    if probe.returncode != 0:
        return None
    shell = f"mount -t tmpfs -o {options} none {folder} && exec \"$@\""
    return ["unshare", "-rm", "sh", "-c", shell, "sh"]


def main():
    program, work = sys.argv[1:3]
    if not os.path.exists(CLIP):
        print("skipped: install pocketsphinx-testdata")
        sys.exit(77)
    shutil.rmtree(f"{work}/disks", ignore_errors=True)
    os.makedirs(f"{work}/disks")
    findings, done, left_out = [], 0, 0

    def case(name, recording, may_work=True, **how):
        nonlocal done
        done += 1
        wrong = judge(name, talk(program, recording, work, **how), may_work)
        if wrong:
            findings.append(wrong)
            print(f"FAILED {wrong}", flush=True)

    for kib in (0, 4, 40, 200):
        def limit(bytes_max=kib * 1024):
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max))
        case(f"files of at most {kib} KiB", f"{work}/disks/limit-{kib}/recording", limit=limit)
    case("a folder that cannot be made", "/proc/phalarope/recording", may_work=False)
    open(f"{work}/disks/file", "w", encoding="utf-8").close()
    case("a file in the folder's place", f"{work}/disks/file/recording", may_work=False)
    case("an answer that cannot be written", f"{work}/disks/answer/recording", answer="/dev/full")
    for name, options in (("64 KiB of disk", "size=64k"), ("300 KiB of disk", "size=300k"), ("4 names of disk", "size=8m,nr_inodes=4"),
                          ("a read-only disk", "size=1m,ro")):
        recording = f"{work}/disks/{name.replace(' ', '-')}/recording"
        before = mounted(options, recording, work)
        if before is None:
            left_out += 1
            continue
        case(name, recording, before=before)
    print(f"{'FAIL' if findings else 'PASS'} Q21 {done} disks, {left_out} left out (no mounts here), {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
