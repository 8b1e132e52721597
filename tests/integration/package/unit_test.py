#!/usr/bin/env python3
"""How exposed phalarope.service is, by `systemd-analyze security --offline` (reliability goal Q29).

usage: unit_test.py SOURCE_DIR WORK_DIR

The unit scores at most 1.5, with offline.conf at most 1.0; `systemd-analyze verify` has nothing to say about either.
Each drop-in that takes a protection away must make the score worse, or the measure measures nothing.
Exit code 77 (skipped) without systemd-analyze.
"""
import pathlib
import re
import shutil
import subprocess
import sys

RUNTIME_MAX, OFFLINE_MAX = 1.5, 1.0
WEAKENED = ("CapabilityBoundingSet=CAP_SYS_ADMIN", "ProtectSystem=no", "SystemCallFilter=", "User=root", "PrivateUsers=no")
SKIPPED = 77


def stage(work, source, name, dropin):
    """A folder as systemd would see it: the unit, and one drop-in."""
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "phalarope.service.d").mkdir(parents=True)
    unit = (source / "phalarope.service").read_text("utf-8")
    # What is not installed on the machine that judges is not the unit's fault.
    unit = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", unit, flags=re.MULTILINE)
    unit = re.sub(r"^Documentation=.*\n", "", unit, flags=re.MULTILINE)
    (folder / "phalarope.service").write_text(unit, "utf-8")
    if dropin:
        (folder / "phalarope.service.d" / "more.conf").write_text(dropin, "utf-8")
    return folder / "phalarope.service"


def exposure(unit):
    said = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=yes", str(unit)], capture_output=True,
                          text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said.stdout)
    if not found:
        sys.exit(f"FAILED: systemd-analyze gave no score: {said.stdout} {said.stderr}")
    return float(found[1])


def main():
    source, work = pathlib.Path(sys.argv[1]) / "firmware_images/systemd", pathlib.Path(sys.argv[2])
    if not shutil.which("systemd-analyze"):
        print("skipped: no systemd-analyze; apt-get install systemd")
        sys.exit(SKIPPED)
    failed = []
    offline = (source / "offline.conf").read_text("utf-8")
    for name, dropin, most in (("runtime", "", RUNTIME_MAX), ("offline", offline, OFFLINE_MAX)):
        unit = stage(work, source, name, dropin)
        score = exposure(unit)
        print(f"{name}: exposure {score} (at most {most})")
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                  check=False)
        complaints = [line for line in verified.stderr.splitlines() if "phalarope" in line]
        failed += [f"{name}: {score} is more than {most}"] if score > most else []
        failed += [f"{name}: {line}" for line in complaints]
        for line in WEAKENED:
            weaker = exposure(stage(work, source, "weakened", f"{dropin}\n[Service]\n{line}\n"))
            if weaker <= score:
                failed.append(f"{name}: {line} does not make {score} worse ({weaker})")
    for sentence in failed:
        print(f"FAILED: {sentence}")
    sys.exit(1 if failed else 0)


main()
