#!/usr/bin/env python3
"""The security baseline: six suites run, one report (evidence.md 4.12).

usage: security_baseline.py BUILD_DIR REPORT_DIR

Writes security-baseline-check.log, security-baseline-report.json and .md into REPORT_DIR before it answers: exit 1 when
a suite failed, or when a suite has no test (what was not run has not passed).
"""
import datetime
import json
import pathlib
import re
import subprocess
import sys

# Suite by what it guards; the expression names ctest programs.
SUITES = [
    ("event_abi", "^(contract_artifacts|unit_spec)$"),
    ("observability", "^unit_engine_evidence$"),
    ("redaction", "^unit_hal_store$"),
    ("transport_border", "^(unit_codec_border_compression|contract_scenario)$"),
    ("replay", "^(unit_replay|unit_gates)$"),
    ("timeline", "^fault_evidence$"),
]


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_suite(build, expression, log):
    run = subprocess.run(["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error", "-R", expression],
                         capture_output=True, text=True, check=False)
    log.write(run.stdout + run.stderr)
    ran = re.search(r"out of (\d+)", run.stdout)
    return run.returncode == 0, int(ran[1]) if ran else 0


def main(build, reports):
    reports = pathlib.Path(reports)
    reports.mkdir(parents=True, exist_ok=True)
    started = now()
    checks = []
    with open(reports / "security-baseline-check.log", "w", encoding="utf-8") as log:
        for name, expression in SUITES:
            passed, programs = run_suite(build, expression, log)
            checks.append({"name": name, "programs": programs, "status": "pass" if passed else "fail"})
    passed = all(check["status"] == "pass" for check in checks)
    report = {"started_at_utc": started, "finished_at_utc": now(), "status": "pass" if passed else "fail",
              "checks": checks}
    (reports / "security-baseline-report.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    rows = "".join(f"| {check['name']} | {check['programs']} | {check['status']} |\n" for check in checks)
    (reports / "security-baseline-report.md").write_text(
        f"# Security baseline\n\n| suite | programs | status |\n|---|---|---|\n{rows}\n"
        f"Status: {'PASS' if passed else 'FAIL'}\n", "utf-8")
    for check in checks:
        print(f"{check['name']}: {check['status']}")
    return 0 if passed else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
