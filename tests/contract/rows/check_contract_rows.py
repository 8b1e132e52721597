#!/usr/bin/env python3
"""Which rows of the contract have a test: check_contract_rows.py ROOT [--coverage].

Fails on an id that the contract does not have and on a row without a test in a table that was whole. With
--coverage prints each table and the rows that no test names.
"""
import pathlib
import sys

import contract_rows


def print_coverage(contract):
    print(f"{'table':<18} {'rows':>4} {'tested':>6}  ")
    for table in contract.tables:
        missing = [row for row in table.rows if row not in table.covered]
        print(f"{table.name:<18} {len(table.rows):>4} {len(table.rows) - len(missing):>6}  {table.words}")
        if missing:
            print(f"{'':<18} {'':>11}  without a test: {', '.join(short(table, row) for row in missing)}")


def short(table, row):
    return row.removeprefix(table.name + " ")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--coverage"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    contract = contract_rows.Contract(pathlib.Path(__file__).with_name("contract_rows.txt").read_text("utf-8"))
    findings = contract_rows.check(contract, contract_rows.read_tests(arguments[0]))
    if "--coverage" in sys.argv:
        print_coverage(contract)
    for finding in findings:
        print(finding)
    rows = sum(len(table.rows) for table in contract.tables)
    covered = sum(len(table.covered) for table in contract.tables)
    print(f"{covered} of {rows} rows of {len(contract.tables)} tables have a test, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
