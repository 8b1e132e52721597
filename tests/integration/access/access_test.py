#!/usr/bin/env python3
"""Reading a recording under an access policy, from the outside.

usage: access_test.py PHALAROPE WORK_DIR SOURCE_DIR

contract: evidence.md 1A.1, 1A.2
"""
import http.server
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import wave

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

WHO = {"TENANT_ID": "home", "PRINCIPAL_ID": "anna", "ROLE": "operator", "PURPOSE": "debug"}


class Reader:
    def __init__(self, program, work, source):
        self.program, self.work = program, work
        self.source = source

    def run(self, *words, **variables):
        environment = trial.environment(self.source, self.work, **variables)
        return subprocess.run([self.program, *words], env=environment, capture_output=True, text=True, check=False,
                              cwd=self.work)

    def record(self):
        with wave.open(f"{self.work}/silence.wav", "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(bytes(32000))
        ended = self.run("talk", "--wav", "silence.wav", "--recording", "recording", "--json")
        check(ended.returncode == 0, f"a recording {ended.stderr.strip()}")

    def read(self, who, policy="policy.json", **variables):
        said = {f"REPLAY_ACCESS_{name}": value for name, value in who.items()}
        settings = {"REPLAY_ACCESS_POLICY": policy, "REPLAY_AUDIT_JSONL_FALLBACK_ROOT": "audit"}
        return self.run("evidence", "verify", "recording", **{**settings, **said, **variables})

    def write(self, name, document):
        with open(f"{self.work}/{name}", "w", encoding="utf-8") as file:
            json.dump(document, file)

    def audited(self):
        path = f"{self.work}/audit/home.replay-audit.jsonl"
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def by_policy(sut):
    check(sut.run("evidence", "verify", "recording").returncode == 0, "without a policy the owner reads")
    check(sut.audited() == [], "and nothing is written about it")
    sut.write("policy.json", {"tenant_id": "home"})
    check(sut.read(WHO).returncode == 0, "an operator reads for a debug purpose")
    line = sut.audited()[-1]
    check(line["decision"]["allowed"] and line["request"]["requested_scope"] == "recording:recording", "and is written down")
    check(stat.S_IMODE(os.stat(f"{sut.work}/audit/home.replay-audit.jsonl").st_mode) == 0o600, "for the owner's eyes")
    for reason, change in (("role_not_authorized", {"ROLE": "guest"}), ("purpose_not_authorized", {"PURPOSE": "fun"}),
                           ("requested_fidelity_not_authorized", {"FIDELITY": "L2"})):
        ended = sut.read({**WHO, **change})
        check(ended.returncode == 2 and reason in ended.stderr, f"{reason}: {ended.stderr.strip()}")
        check(sut.audited()[-1]["decision"] == {"allowed": False, "deny_reason": reason}, "and is written down too")
    lines = len(sut.audited())
    ended = sut.read({**WHO, "TENANT_ID": "away"})
    check("cross_tenant_denied" in ended.stderr and len(sut.audited()) == lines, "another tenant, in that tenant's file")
    ended = sut.read({**WHO, "PURPOSE": ""})
    check(ended.returncode == 2 and "audit_event_invalid" in ended.stderr and "security" in ended.stderr, "a malformed request")
    check(len(sut.audited()) == lines, "cannot be audited")
    for command in (["replay", "recording"], ["timeline", "recording"], ["metrics", "recording"]):
        ended = sut.run(*command, REPLAY_ACCESS_POLICY="policy.json", REPLAY_AUDIT_JSONL_FALLBACK_ROOT="audit")
        check(ended.returncode == 2 and "may not be read" in ended.stderr, f"{command[0]} asks too")
    sut.write("policy.json", {"tenant_id": "home", "allowed_rolls": ["x"]})
    check("allowed_rolls" in sut.read(WHO).stderr, "a policy that cannot be read denies, and is named")
    sut.write("policy.json", {"tenant_id": "home"})


class Endpoint(http.server.BaseHTTPRequestHandler):
    statuses, seen = [], []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Endpoint.seen.append((dict(self.headers), json.loads(body)))
        self.send_response(Endpoint.statuses.pop(0))
        self.end_headers()

    def log_message(self, *_):
        pass


def by_http(sut):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {"REPLAY_AUDIT_HTTP_URL": f"http://127.0.0.1:{server.server_port}/audit", "REPLAY_AUDIT_HTTP_RETRY_BACKOFF_MS": "1",
                "REPLAY_AUDIT_HTTP_AUTH_BEARER_TOKEN": "secret", "REPLAY_AUDIT_HTTP_CLIENT_ID": "board-7"}
    lines = len(sut.audited())
    Endpoint.statuses = [500, 204]
    check(sut.read(WHO, **settings).returncode == 0, "the endpoint takes it at the second try")
    headers, body = Endpoint.seen[-1]
    wanted = {"Accept": "application/json", "Content-Type": "application/json", "Authorization": "Bearer secret",
              "X-Phalarope-Client-ID": "board-7", "X-Phalarope-Tenant-ID": "home"}
    check({name: headers.get(name) for name in wanted} == wanted, f"its headers {headers}")
    check(body["request"]["principal_id"] == "anna" and len(sut.audited()) == lines, "and the file stays as it is")
    Endpoint.statuses = [403]
    check(sut.read(WHO, **settings).returncode == 0 and len(sut.audited()) == lines + 1, "refused there, the file takes it")
    Endpoint.statuses = [403]
    ended = sut.read(WHO, **{**settings, "REPLAY_AUDIT_JSONL_FALLBACK_ROOT": "/proc/none"})
    check(ended.returncode == 2 and "audit_sink_write_failed" in ended.stderr, f"both refuse: {ended.stderr.strip()}")
    ended = sut.read(WHO, **{**settings, "REPLAY_AUDIT_HTTP_TIMEOUT_MS": "0"})
    check(ended.returncode == 2 and "REPLAY_AUDIT_HTTP_TIMEOUT_MS" in ended.stderr, "a bad variable is an error of the start")
    server.shutdown()


def by_key(sut):
    """Sealed, locked or destroyed: the recording replays, and nobody takes content for lost."""
    words = ["talk", "--wav", "silence.wav", "--recording", "sealed/recording", "--keys", "sealed/keys", "--encrypt", "--json"]
    check(sut.run(*words).returncode == 0, "a sealed recording")
    public_key = shutil.copy(f"{sut.work}/sealed/keys/board.pub", sut.work)

    def verdict():
        ended = sut.run("evidence", "verify", "sealed/recording", "--pubkey", public_key, "--json")
        check(sut.run("replay", "sealed/recording").returncode == 0, "it replays without a difference")
        answer = json.loads(ended.stdout)
        check(ended.returncode == 0 and answer["signatures"] == "proven", "chain and signatures hold")
        return answer["records"], answer["locked_records"], answer["inaccessible_records"]

    records, locked, inaccessible = verdict()
    check(locked == inaccessible == 0, "who has the keys reads it all")
    os.rename(f"{sut.work}/sealed/keys", f"{sut.work}/sealed/away")
    check(verdict()[0] == records and verdict()[1] > 0, "who has not, does not, and every record stands where it stood")
    os.rename(f"{sut.work}/sealed/away", f"{sut.work}/sealed/keys")
    check(sut.run("evidence", "destroy", "sealed/recording").returncode == 0, "its keys are destroyed")
    check(verdict()[0] == records and verdict()[2] > 0, "and nobody reads it any more")
    check(sut.run("evidence", "destroy", "recording").returncode == 1, "what was never sealed cannot be destroyed so")


def main():
    program, work, source = (os.path.abspath(path) for path in sys.argv[1:4])
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    sut = Reader(program, work, source)
    sut.record()
    by_policy(sut)
    by_http(sut)
    by_key(sut)


main()
