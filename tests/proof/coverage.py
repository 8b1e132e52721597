#!/usr/bin/env python3
"""What the engine's tests reach: coverage.py BUILD_DIR [--run] [--all] [--goals]

    build/coverage/tests/*  ──run──▶  profiles  ──llvm-cov-19 export──▶  branches and MC/DC of core/engine, by room

--run    run the programs first (the engine's unit tests, the contract, the simulator)
--all    name every decision that is not covered, not only those of the rooms with a goal
--goals  fail below 98 % of the branches of core/engine or 95 % MC/DC in turn, lanes or evidence

A branch is one way out of a condition; a switch over an enum has its cases and no other way (-Wswitch sees to that). MC/DC asks of each condition in an `a && b` that it alone once turned the
decision. What an assertion refuses (PHAL_ENFORCE, PHAL_ASSERT) cannot happen and is not counted; neither is what the
compiler alone walks (consteval). A template counts as covered where one of its instances was.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

PROGRAMS = re.compile(r"unit_engine_\w+|contract_\w+|sim_\w+")
ROOT = pathlib.Path(__file__).resolve().parents[2]
ENGINE = ROOT / "core" / "engine"
BRANCH_GOAL_PERCENT = 98
MCDC_GOAL_PERCENT = 95
MCDC_ROOMS = ("turn", "lanes", "evidence")
PROGRAM_TIMEOUT_S = 600


def programs_in(build):
    found = sorted(path for path in (build / "tests").iterdir() if PROGRAMS.fullmatch(path.name))
    if not found:
        sys.exit(f"no tests in {build}/tests; ./dev coverage builds them")
    return found


def run(build):
    profiles = build / "profiles"
    profiles.mkdir(exist_ok=True)
    for stale in profiles.iterdir():
        stale.unlink()
    for program in programs_in(build):
        print(f"coverage: {program.name}", file=sys.stderr)
        done = subprocess.run([program], env={"LLVM_PROFILE_FILE": str(profiles / f"{program.name}.%p.profraw"), "PATH": ""},
                              capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S)
        if done.returncode != 0:
            sys.exit(done.stdout[-4000:] + f"\n{program.name} failed")
    subprocess.run(["llvm-profdata-19", "merge", *sorted(profiles.glob("*.profraw")), "-o", profiles / "all.profdata"], check=True)


def export(build):
    objects = [word for program in programs_in(build) for word in ("-object", str(program))]
    done = subprocess.run(["llvm-cov-19", "export", "-format=text", f"-instr-profile={build}/profiles/all.profdata", *objects,
                           "-sources", str(ENGINE)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["data"][0]["files"]


def assertion_lines(text):
    """The lines on which an assertion stands, whole statements."""
    lines = set()
    for match in re.finditer(r"\bPHAL_(ENFORCE|ASSERT)\b[^;]*;", text):
        first = text.count("\n", 0, match.start()) + 1
        lines.update(range(first, first + match.group(0).count("\n") + 1))
    return lines


def branches_of(file, skip):
    """{(line, column, end): [taken, not taken]} over all instances."""
    sides = {}
    for line, column, end_line, end_column, taken, not_taken, *_ in file["branches"]:
        if line not in skip:
            both = sides.setdefault((line, column, end_line, end_column), [0, 0])
            both[0] += taken
            both[1] += not_taken
    return sides


def conditions_of(file, skip):
    """{place of a decision: [whether each condition alone once turned it]} over all instances."""
    decisions = {}
    for line, column, end_line, end_column, *_, conditions in file["mcdc_records"]:
        if line not in skip:
            key = (line, column, end_line, end_column)
            known = decisions.get(key, [False] * len(conditions))
            decisions[key] = [old or new for old, new in zip(known, conditions)]
    return decisions


def source_of(lines, place):
    line, column, end_line, end_column = place
    text = lines[line - 1][column - 1:end_column - 1 if end_line == line else None]
    return re.sub(r"\s+", " ", text).strip()[:90]


class Report:
    def __init__(self):
        self.count = collections.defaultdict(lambda: [0, 0, 0, 0])  # room: branches, covered, conditions, covered
        self.missing = []                                           # (room, place, what)

    def add(self, file):
        path = pathlib.Path(file["filename"])
        inside = path.relative_to(ENGINE)
        room = inside.parts[0] if len(inside.parts) > 1 else "engine"
        text = path.read_text("utf-8")
        skip, lines, count = assertion_lines(text), text.splitlines(), self.count[room]
        if inside.name in ("enforce.hpp", "enforce.cpp"):
            return  # the assertion itself
        for place, (taken, not_taken) in sorted(branches_of(file, skip).items()):
            if re.search(r"switch \($", lines[place[0] - 1][:place[1] - 1]):
                continue
            count[0] += 2
            count[1] += (taken > 0) + (not_taken > 0)
            if not taken or not not_taken:
                what = "never asked" if not taken and not not_taken else "never true" if not taken else "never false"
                self.missing.append((room, f"core/engine/{inside}:{place[0]}", f"{what}: {source_of(lines, place)}"))
        for place, conditions in sorted(conditions_of(file, skip).items()):
            count[2] += len(conditions)
            count[3] += sum(conditions)
            alone = [str(number) for number, covered in enumerate(conditions, 1) if not covered]
            if alone:
                self.missing.append((room, f"core/engine/{inside}:{place[0]}",
                                     f"MC/DC, condition {', '.join(alone)} never turned: {source_of(lines, place)}"))

    def total(self):
        return [sum(column) for column in zip(*self.count.values())]


def percent(covered, count):
    return 100.0 * covered / count if count else 100.0


def main():
    options = {argument for argument in sys.argv[1:] if argument.startswith("--")}
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if len(folders) != 1 or options - {"--run", "--all", "--goals"}:
        sys.exit(__doc__)
    build = pathlib.Path(folders[0]).resolve()
    if "--run" in options:
        run(build)
    report = Report()
    for file in export(build):
        report.add(file)
    for room, place, what in report.missing:
        if "--all" in options or room in MCDC_ROOMS:
            print(f"{place}: {what}")
    print(f"\n{'room':<10} {'branches':>13} {'%':>6}   {'MC/DC':>11} {'%':>6}")
    for room, count in [*sorted(report.count.items()), ("all", report.total())]:
        print(f"{room:<10} {count[1]:>6}/{count[0]:<6} {percent(count[1], count[0]):>6.2f}   "
              f"{count[3]:>5}/{count[2]:<5} {percent(count[3], count[2]):>6.2f}")
    total = report.total()
    short = [room for room in MCDC_ROOMS if percent(report.count[room][3], report.count[room][2]) < MCDC_GOAL_PERCENT]
    if percent(total[1], total[0]) < BRANCH_GOAL_PERCENT:
        short.append(f"branches of core/engine (goal {BRANCH_GOAL_PERCENT} %)")
    print(f"below the goals: {', '.join(short)}" if short else "all goals met")
    return 1 if short and "--goals" in options else 0


if __name__ == "__main__":
    sys.exit(main())
