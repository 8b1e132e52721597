#!/usr/bin/env python3
"""One line of a fault test: verdict.py GOAL RESULT.json

RESULT.json is what a GoogleTest program wrote (--gtest_output=json). Printed: `PASS GOAL figures` or `FAIL GOAL ...`.
Figures are the tests' recorded properties: of a property that several tests record, numbers are shown as their largest
when its name ends in _max, else as their sum.
"""
import json
import sys


def figures_of(cases):
    figures = {}
    for case in cases:
        for name, value in case.items():
            if name in ("name", "value_param", "file", "line", "status", "result", "timestamp", "time", "classname", "failures"):
                continue
            number = int(value)
            figures[name] = max(figures.get(name, number), number) if name.endswith("_max") else figures.get(name, 0) + number
    return figures


def main():
    goal, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as stream:
        suites = json.load(stream)["testsuites"]
    cases = [case for suite in suites for case in suite["testsuite"]]
    failed = [case["name"] for case in cases if "failures" in case]
    skipped = sum(case["result"] == "SKIPPED" for case in cases)
    told = [f"{len(cases) - len(failed) - skipped} tests passed"] + ([f"{skipped} skipped"] if skipped else [])
    told += [f"{value} {name.replace('_', ' ')}" for name, value in figures_of(cases).items()]
    told += [f"failed: {name}" for name in failed]
    print(f"{'FAIL' if failed or skipped == len(cases) else 'PASS'} {goal} {', '.join(told)}")


main()
