#!/usr/bin/env python3
"""Checks the rules of the house: check_house.py ROOT [OBJECT_LIST]. One line a finding; exit 1 if any is an error.

OBJECT_LIST names a file with the engine's object files, one a line.
"""
import pathlib
import sys

import house_rules
import house_symbols


def main():
    findings = house_rules.check(sys.argv[1])
    if len(sys.argv) > 2:
        objects = pathlib.Path(sys.argv[2]).read_text("utf-8").split()
        findings += house_symbols.check_symbols(objects, pathlib.Path(__file__).with_name("engine_calls.txt"))
    errors = [finding for finding in findings if not finding.second_look]
    for finding in findings:
        print(("second look: " if finding.second_look else "") + str(finding))
    print(f"{len(house_rules.RULES) + (len(sys.argv) > 2)} rules, {len(errors)} errors, "
          f"{len(findings) - len(errors)} second looks")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
