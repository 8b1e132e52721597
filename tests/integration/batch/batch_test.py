#!/usr/bin/env python3
"""The batch commands as a script calls them: files of bytes in, one JSON object a line out, exit codes.

usage: batch_test.py PHALAROPE WORK_DIR

Asserted for validate, plan resolve and scenario: blank lines are skipped and not counted, CRLF is taken, every line is
answered with its index whatever its bytes, nothing else is on stdout, messages go to stderr; exit codes 0, 1 and 2 of
cli-conformance.md 1 and 2; documents that are nearly JSON; --help with an example.
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from trial import check  # noqa: E402

PROGRAM = sys.argv[1]
WORK = pathlib.Path(sys.argv[2])

RECORD = {"schema_version": "v1.0", "event_scope": "turn", "session_id": "s", "turn_id": "t", "pipeline_version": "p",
          "event_id": "e", "lane": "DataLane", "transport_sequence": 0, "runtime_sequence": 1,
          "runtime_timestamp_ms": 2, "wall_clock_timestamp_ms": 3, "payload_class": "text_raw", "authority_epoch": 0}
SESSION = {"session_id": "s", "turn_id": "t", "pipeline_version": "p", "authority_epoch": 1,
           "default_data_class": "text_raw", "transport": "tin-can"}
PLAN = {"turn_id": "t", "pipeline_version": "p1", "graph_definition_ref": "g", "execution_profile": "simple",
        "snapshot_provenance": {name + "_snapshot": "x" for name in
                                ("routing_view", "admission_policy", "abi_compatibility", "version_resolution",
                                 "policy_resolution", "provider_health")},
        "allowed_adaptive_actions": []}
BATCHES = {"validate": (["validate"], {"kind": "event_record", "doc": RECORD}, "valid"),
           "plan resolve": (["plan", "resolve"], PLAN, "ok"),
           "scenario": (["scenario"], {"session": SESSION, "events": [{"kind": "connected"}]}, "ok")}


def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, check=False)


def file_of(data):
    path = WORK / "input"
    path.write_bytes(data)
    return str(path)


def answers(words, data):
    done = run(*words, "--jsonl", file_of(data), "--json")
    check(done.returncode == 0, f"{' '.join(words)}: exit code 0 when every line was answered")
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def check_batch(name):
    words, good, verdict = BATCHES[name]
    line = json.dumps(good).encode()
    bad = [b"[]", b"5", b"null", b"{}", b"{", b"\xff", b"\xef\xbb\xbf" + line, line + b"\0", line + b" {}",
           line[:-1] + b"," + line[1:-1] + b"}", b"[" * 100000]
    said = answers(words, b"\n \t\r\n" + line + b"\r\n\r\n" + b"\n".join(bad) + b"\n\n" + line)
    check([one["index"] for one in said] == list(range(len(bad) + 2)), f"{name}: every line once, blank ones uncounted")
    check(said[0][verdict] is True and said[-1][verdict] is True, f"{name}: good lines among bad ones, no last newline")
    check(all(one[verdict] is False and one["message"] for one in said[1:-1]), f"{name}: bad lines get a message")
    check(answers(words, b"") == [], f"{name}: an empty file has no answers")
    for wrong in (["--jsonl", str(WORK / "missing"), "--json"], ["--jsonl", str(WORK), "--json"], ["--json"],
                  ["--jsonl"], ["--nonsense"]):
        done = run(*words, *wrong)
        check(done.returncode == 2 and done.stdout == b"" and done.stderr, f"{name} {wrong}: exit code 2")
    helped = run(*words, "--help")
    example = b"Example: phalarope " + name.encode()
    check(helped.returncode == 0 and example in helped.stdout, f"{name}: help has an example")


def check_documents():
    def with_member(name, text):
        rest = {key: value for key, value in RECORD.items() if key != name}
        return (json.dumps(rest)[:-1] + f', "{name}": {text}}}').encode()

    whole = json.dumps(RECORD).encode()
    cases = [("as it should be", whole, 0), ("CRLF", json.dumps(RECORD, indent=1).replace("\n", "\r\n").encode(), 0),
             ("trailing newlines", whole + b"\n\n", 0), ("trailing content", whole + b" x", 1),
             ("NUL", whole + b"\0", 1),
             ("byte order mark", b"\xef\xbb\xbf" + whole, 1), ("nothing", b"", 1), ("a list", b"[]", 1),
             ("bad UTF-8", with_member("turn_id", '"@"').replace(b"@", b"\xff"), 1),
             ("lone surrogate", with_member("turn_id", '"\\ud800"'), 1),
             ("surrogate pair", with_member("turn_id", '"\\ud83d\\udc26"'), 0),
             ("duplicate", whole[:-1] + b', "turn_id": "t"}', 1), ("null", with_member("node_id", "null"), 1),
             ("duplicate by escape", whole[:-1] + b', "turn\\u005fid": "t"}', 1),
             ("2^63-1", with_member("runtime_sequence", "9223372036854775807"), 0),
             ("2^63", with_member("runtime_sequence", "9223372036854775808"), 1),
             ("-0", with_member("runtime_sequence", "-0"), 0), ("1.0", with_member("runtime_sequence", "1.0"), 1),
             ("1e3", with_member("runtime_sequence", "1e3"), 1), ("1e999", with_member("runtime_sequence", "1e999"), 1),
             ("too deep", with_member("media_time", "[" * 100 + "]" * 100), 1)]
    for name, data, code in cases:
        done = run("validate", "event_record", file_of(data), "--json")
        verdict = json.loads(done.stdout)
        check(done.returncode == code and verdict["valid"] is (code == 0), f"document: {name}")
        check(code == 0 or verdict["rule"], f"document: {name}: the rule is named when there is a fault")
    for wrong in (["event_record", str(WORK / "missing")], ["event_record", str(WORK)], ["event_record"], [],
                  ["whistle", file_of(whole)], ["event_record", file_of(whole), "--jsonl", file_of(whole)]):
        done = run("validate", *wrong)
        check(done.returncode == 2 and done.stdout == b"" and done.stderr, f"validate {wrong}: exit code 2")


def check_examples():
    """The examples of cli-conformance.md, as they are printed there."""
    said = answers(["validate"], b'{"kind":"turn_transition","doc":{"from_state":"Idle","trigger":"nap",'
                                 b'"to_state":"Idle","deterministic":true}}')
    check(said[0]["valid"] is False and said[0]["path"] == "trigger", "example of validate")
    said = answers(["plan", "resolve"], b'{"turn_id":"","pipeline_version":"p1","graph_definition_ref":"g",'
                                        b'"execution_profile":"simple","snapshot_provenance":{},'
                                        b'"allowed_adaptive_actions":[]}')
    check(said[0]["failure"] == "missing_required", "example of plan resolve")
    said = answers(["scenario"], json.dumps({"session": SESSION, "events": [{"kind": "whistle"}]}).encode())
    error = said[0]["error"]
    check((error["event_index"], error["diagnostic"]) == (0, "unknown_event_kind"), "example of scenario")


WORK.mkdir(parents=True, exist_ok=True)
for batch in BATCHES:
    check_batch(batch)
check_documents()
check_examples()
