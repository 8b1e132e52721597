#!/usr/bin/env python3
"""`phalarope retention-sweep` from the outside: what it deletes, what it reports, and whose policy it follows.

usage: retention_test.py PHALAROPE WORK_DIR

contract: evidence.md 1A.4
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

DAY = 86400000
NOW = 100 * DAY
CLASSES = ["PII", "PHI", "audio_raw", "text_raw", "derived_summary", "metadata"]


class Sweeper:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.store, self.report = f"{work}/store.json", f"{work}/report.json"

    def write(self, name, document):
        path = f"{self.work}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(document if isinstance(document, str) else json.dumps(document))
        return path

    def fill(self, *artifacts):
        records = [{"artifact_id": f"a{i}", "tenant_id": tenant, "session_id": "s", "payload_class": kind,
                    "recorded_at_ms": at} for i, (tenant, kind, at) in enumerate(artifacts)]
        self.write("store.json", {"generated_at_utc": "2026-01-01T00:00:00Z", "records": records})

    def run(self, *words, **variables):
        return subprocess.run([self.program, "retention-sweep", *words], env=trial.environment(**variables), capture_output=True,
                              text=True, check=False, cwd=self.work)

    def sweep(self, *words, **variables):
        ended = self.run("-store", self.store, "-tenants", "home", "-report", self.report, "-now-ms", str(NOW), *words,
                         **variables)
        check(ended.returncode == 0, f"sweep {' '.join(words)} {ended.stderr.strip()}")
        with open(self.report, encoding="utf-8") as file:
            return json.load(file)


def policy(tenant="", default=30 * DAY):
    windows = {"PII": 7 * DAY, "PHI": DAY, "text_raw": default}
    return {"tenant_id": tenant, "default_retention_ms": default, "pii_retention_limit_ms": 7 * DAY,
            "phi_retention_limit_ms": DAY, "max_retention_by_class_ms": windows}


def defaults_and_report(sut):
    sut.fill(("home", "PHI", NOW - DAY), ("home", "PHI", NOW - DAY - 1), ("home", "audio_raw", NOW - 31 * DAY),
             ("away", "PHI", 0), ("home", "metadata", NOW + 5))
    report = sut.sweep()
    check(report["policy_source"] == "default_fallback", "nobody gives a policy: the defaults")
    check(report["policy_fallback_reason"] == "cp_distribution_unconfigured", "and the reason says so")
    check(report["tenants"] == ["home"] and report["runs"] == 1 and report["interval_ms"] == 0, "the call is repeated")
    check(report["final_records"] == 3, "three are left")
    run = report["run_results"][0]
    check((run["run_index"], run["run_at_ms"]) == (1, NOW), "the run's number and time")
    check((run["total_evaluated"], run["total_expired"], run["total_deleted"]) == (4, 2, 2), "the run's totals")
    check(list(run["deleted_by_class"]) == CLASSES, "all six classes are listed")
    check(run["deleted_by_class"]["PHI"] == 1 and run["tenant_results"][0]["deleted_by_class"]["audio_raw"] == 1, "by class")
    with open(sut.store, encoding="utf-8") as file:
        store = json.load(file)
    check(sorted(store) == ["generated_at_utc", "records"] and len(store["records"]) == 3, "the store is written anew")


def runs_and_tenants(sut):
    sut.fill(("home", "PHI", NOW), ("away", "PHI", NOW))
    ended = sut.run("--store=" + sut.store, "-tenants", " home, away,home,,", "-report", sut.report, f"-now-ms={NOW}", "-runs", "3",
                    "-interval-ms", str(DAY))
    check(ended.returncode == 0, f"two tenants, three runs {ended.stderr.strip()}")
    with open(sut.report, encoding="utf-8") as file:
        report = json.load(file)
    check(report["tenants"] == ["away", "home"], "tenants trimmed, sorted, once each")
    check([run["run_at_ms"] for run in report["run_results"]] == [NOW, NOW + DAY, NOW + 2 * DAY], "runs by the clock given")
    check([run["total_deleted"] for run in report["run_results"]] == [0, 0, 2], "strictly older")
    os.remove(sut.store)
    check(sut.sweep()["final_records"] == 0, "a missing store is an empty one")
    sut.write("store.json", " \n")
    check(sut.sweep()["final_records"] == 0, "an empty file is an empty store")


def policy_files(sut):
    sut.fill(("home", "text_raw", NOW - 2 * DAY))
    file = sut.write("policy.json", {"default_policy": policy(default=DAY)})
    report = sut.sweep("-policy", file)
    check((report["policy_source"], report["final_records"]) == ("policy_artifact", 0), "an explicit file is followed")
    check("policy_fallback_reason" not in report, "and is no fallback")
    broken = policy("home")
    broken["max_retention_by_class_ms"]["PII"] = 8 * DAY
    for code, document in (
            ("RETENTION_POLICY_DECODE_ERROR", {"default_policy": policy(), "more": 1}),
            ("RETENTION_POLICY_DECODE_ERROR", {"default_policy": {**policy(), "days": 1}}),
            ("RETENTION_POLICY_DECODE_ERROR", json.dumps({"default_policy": policy()}) + "{}"),
            ("RETENTION_POLICY_ARTIFACT_INVALID", ""),
            ("RETENTION_POLICY_ARTIFACT_INVALID", {}),
            ("RETENTION_POLICY_ARTIFACT_INVALID", {"tenant_policies": {" ": policy()}}),
            ("RETENTION_POLICY_TENANT_MISMATCH", {"tenant_policies": {"home": policy("away")}}),
            ("RETENTION_POLICY_VALIDATION_ERROR", {"tenant_policies": {"home": broken}})):
        file = sut.write("policy.json", document)
        ended = sut.run("-store", sut.store, "-tenants", "home", "-policy", file, "-report", sut.report)
        check(ended.returncode == 1 and code in ended.stderr, f"{code}: {ended.stderr.strip()}")
    ended = sut.run("-store", sut.store, "-tenants", "home", "-policy", "/nonexistent", "-report", sut.report)
    check(ended.returncode == 1 and "RETENTION_POLICY_READ_ERROR" in ended.stderr, "RETENTION_POLICY_READ_ERROR")


def snapshot(**retention):
    return {"schema_version": "cp-snapshot-distribution/v1", "unknown": 1, "retention": retention}


def control_plane(sut):
    for reason, document in (
            ("", snapshot(default_policy=policy(default=DAY), unknown=2)),
            ("", snapshot(tenant_policies={"home": policy("home", DAY)})),
            ("cp_distribution_snapshot_stale", snapshot(stale=True, default_policy=policy())),
            ("cp_distribution_snapshot_stale", {**snapshot(default_policy=policy()), "stale": True}),
            ("cp_distribution_policy_invalid", snapshot()),
            ("cp_distribution_policy_invalid", snapshot(tenant_policies={"away": policy("away")})),
            ("cp_distribution_policy_invalid", {"schema_version": "cp-snapshot-distribution/v1"}),
            ("cp_distribution_policy_invalid", {**snapshot(default_policy=policy()), "schema_version": "v2"}),
            ("cp_distribution_policy_invalid", snapshot(default_policy={**policy(), "default_retention_ms": 0})),
            ("cp_distribution_policy_invalid", "{")):
        sut.fill(("home", "text_raw", NOW - 2 * DAY))
        report = sut.sweep(CP_DISTRIBUTION_PATH=sut.write("snapshot.json", document))
        check(report.get("policy_fallback_reason", "") == reason, f"file: {reason or 'followed'}")
        check(report["policy_source"] == ("default_fallback" if reason else "cp_distribution_file"), "its source")
        check(report["final_records"] == (1 if reason else 0), "and its windows")
    report = sut.sweep(CP_DISTRIBUTION_PATH="/nonexistent")
    check(report["policy_fallback_reason"] == "cp_distribution_fetch_failed", "a file that cannot be read")


class Answers(http.server.BaseHTTPRequestHandler):
    script, seen = [], []

    def do_GET(self):
        Answers.seen.append((self.path, dict(self.headers)))
        status, document = Answers.script.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_):
        pass


def control_plane_by_http(sut):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/snapshot"
    good = snapshot(default_policy=policy(default=DAY))
    settings = {"CP_DISTRIBUTION_HTTP_RETRY_BACKOFF_MS": "1", "CP_DISTRIBUTION_PATH": "/nonexistent"}
    Answers.script = [(503, {}), (200, good)]
    report = sut.sweep(CP_DISTRIBUTION_HTTP_URL=url, CP_DISTRIBUTION_HTTP_AUTH_BEARER_TOKEN="secret",
                       CP_DISTRIBUTION_HTTP_CLIENT_ID="board-7", **settings)
    check(report["policy_source"] == "cp_distribution_http", "HTTP outranks the file, and 503 is tried again")
    headers = Answers.seen[-1][1]
    check((headers["Accept"], headers["Authorization"], headers["X-Phalarope-Client-ID"]) ==
          ("application/json", "Bearer secret", "board-7"), "its headers")
    Answers.script = [(404, {}), (200, good)]
    report = sut.sweep(CP_DISTRIBUTION_HTTP_URLS=f" {url} ,{url}, {url}?second", **settings)
    check(report["policy_source"] == "cp_distribution_http" and Answers.seen[-1][0].endswith("second"),
          "404 moves on to the next endpoint")
    Answers.script = [(404, {}), (200, good), (429, {}), (429, {})]
    report = sut.sweep("-runs", "3", CP_DISTRIBUTION_HTTP_URL=url, **settings)
    check((report["policy_source"], report["policy_fallback_reason"]) == ("mixed", "mixed"), "runs that differ are mixed")
    report = sut.sweep(CP_DISTRIBUTION_HTTP_URL=url, CP_DISTRIBUTION_HTTP_TIMEOUT_MS="0", **settings)
    check(report["policy_fallback_reason"] == "cp_distribution_unconfigured", "a bad number is no configuration")
    server.shutdown()
    report = sut.sweep(CP_DISTRIBUTION_HTTP_URL="http://127.0.0.1:1/", **settings)
    check(report["policy_fallback_reason"] == "cp_distribution_fetch_failed", "nobody there")


def bad_calls(sut):
    for words in ([], ["-store", sut.store], ["-store", sut.store, "-tenants", " , "], ["-store", sut.store, "-tenants", "a", "-runs", "0"],
                  ["-store", sut.store, "-tenants", "a", "-now-ms", "soon"], ["-store", sut.store, "-tenants", "a", "-what", "1"],
                  ["-store", sut.store, "-tenants", "a", "-interval-ms", "-1"], ["-store"], ["store"]):
        check(sut.run(*words).returncode == 2, f"a bad call: {' '.join(words)}")
    sut.write("store.json", {"records": [{"artifact_id": "a", "tenant_id": "t", "session_id": "s", "payload_class": "pii",
                                          "recorded_at_ms": 0}]})
    ended = sut.run("-store", sut.store, "-tenants", "home")
    check(ended.returncode == 1 and "records[0]" in ended.stderr, f"a bad store is named: {ended.stderr.strip()}")


def main():
    program, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    sut = Sweeper(program, work)
    for part in (defaults_and_report, runs_and_tenants, policy_files, control_plane, control_plane_by_http, bad_calls):
        part(sut)


main()
