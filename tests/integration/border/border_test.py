#!/usr/bin/env python3
"""`phalarope run --events-in --events-out`: border_test.py PHALAROPE PACED_PCM.so WORK_DIR SOURCE_DIR.

A silent microphone; a peer writes lines into a FIFO and reads what the engine says from a file. Asserted: a turn that was
asked for opens, a cancel of another turn ends nothing, a cancel of its own does; what is repeated, stale, unknown or no
JSON is answered and moves nothing; every line that left is a valid artifact; the recording replays without a difference.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import trial  # noqa: E402
from trial import check  # noqa: E402

PROGRAM, PACED, WORK, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]) / "work", pathlib.Path(sys.argv[4])
WAIT_S = 20


def signal_line(name, emitter, **more):
    doc = {"schema_version": "v1.0", "event_scope": "session", "session_id": "local", "pipeline_version": "pipeline-v1",
           "event_id": f"evt/peer/{name}", "lane": "ControlLane", "transport_sequence": 1, "runtime_sequence": 1,
           "runtime_timestamp_ms": 1, "wall_clock_timestamp_ms": 1, "payload_class": "metadata", "signal": name,
           "emitted_by": emitter, **more}
    return json.dumps({"kind": "control_signal", "doc": doc}) + "\n"


class Daemon:
    def __init__(self):
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
        (WORK / "microphone.raw").write_bytes(bytes(2 * 16000 * 60))
        config = WORK / "asound.conf"
        config.write_text(
            f'pcm_type.phalarope_paced {{ lib "{PACED}" }}\n'
            f'pcm.phal_card {{ type phalarope_paced source "{WORK}/microphone.raw" sink "{WORK}/speaker.raw" }}\n')
        settings = WORK / "phalarope.yaml"
        conf = SOURCE / "firmware_images" / "conf"
        settings.write_text(f"spec: phalarope/v1\nboard: host\npipeline: {conf}/pipeline.yaml\n"
                            f"state_directory: {WORK}/state\n"
                            "audio: {capture: phal_card, playback: phal_card}\n")
        os.mkfifo(WORK / "in")
        env = trial.environment()
        env["ALSA_CONFIG_PATH"] = str(config)
        self.process = subprocess.Popen(
            [PROGRAM, "run", "--config", str(settings), "--recording", str(WORK / "recording"), "--events-in",
             str(WORK / "in"), "--events-out", str(WORK / "out"), "--unknown-events", "drop"],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.inward = self.opened_by_the_daemon()
        self.read = 0

    def opened_by_the_daemon(self):
        """The FIFO, for writing; where the daemon ends before it has opened its side, a plain open() would wait for ever."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                inward = os.open(WORK / "in", os.O_WRONLY | os.O_NONBLOCK)
                os.set_blocking(inward, True)
                return os.fdopen(inward, "w", encoding="utf-8")
            except OSError:  # ENXIO: nobody reads yet
                time.sleep(0.02)
        self.process.kill()
        check(False, f"the daemon listens within {WAIT_S} s; {self.process.communicate(timeout=WAIT_S)[1][-500:]}")

    def say(self, text):
        self.inward.write(text)
        self.inward.flush()

    def lines(self):
        out = WORK / "out"
        if not out.exists():
            return []
        return [json.loads(line) for line in out.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def hears(self, wanted, sentence):
        """Waits for the first line not looked at yet for which `wanted` is true."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end and self.process.poll() is None:
            lines = self.lines()
            for number in range(self.read, len(lines)):
                if wanted(lines[number]):
                    self.read = number + 1
                    check(True, sentence)
                    return lines[number]
            time.sleep(0.05)
        self.process.kill()
        told = self.process.communicate(timeout=WAIT_S)[1][-500:]
        check(False, f"{sentence}; heard {self.lines()[self.read:]}; {told}")

    def hears_signal(self, name, sentence, **more):
        return self.hears(lambda line: line["doc"].get("signal") == name
                          and all(line["doc"].get(key) == value for key, value in more.items()), sentence)["doc"]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        self.inward.close()
        check(self.process.returncode == 0, f"the daemon ended well: {out[-200:]} {err[-300:]}")


def refusals(daemon):
    daemon.say("this is no JSON\n")
    error = daemon.hears(lambda line: line["kind"] == "error", "what is no JSON is answered")["doc"]
    check(error["error_class"] == "schema_validation_error", "by its class")
    daemon.say(signal_line("commit", "RK-03", authority_epoch=1))
    daemon.hears(lambda line: line["kind"] == "error" and "said by the engine" in line["doc"]["rule"],
                 "a peer does not end turns")
    daemon.say(signal_line("cancel", "RK-06", authority_epoch=0, scope="turn"))
    daemon.hears_signal("stale_epoch_reject", "an older epoch is refused by its own signal")
    daemon.say('{"kind": "weather_report", "doc": {}}\n')
    note = daemon.hears(lambda line: line["kind"] == "note", "an unknown kind is dropped and noted")["doc"]
    check(note["action"] == "drop", "as the session is set")


def turns(daemon):
    daemon.say(signal_line("turn_open_proposed", "RK-02"))
    opened = daemon.hears_signal("turn_open", "a turn that was asked for opens, also without an epoch")
    daemon.say(signal_line("cancel", "RK-06", scope="turn", turn_id="turn-000900"))
    daemon.say(signal_line("cancel", "RK-06", scope="turn", turn_id=opened["turn_id"], idempotency_key="once"))
    daemon.hears_signal("abort", "a cancel ends its turn", turn_id=opened["turn_id"], reason="cancelled")
    daemon.hears_signal("close", "and it closes", turn_id=opened["turn_id"])
    daemon.say(signal_line("cancel", "RK-06", scope="turn", turn_id=opened["turn_id"], idempotency_key="once"))
    note = daemon.hears(lambda line: line["kind"] == "note", "a repeated key is noted")["doc"]
    check(note["idempotency_key"] == "once", "by its name")
    daemon.say(signal_line("barge_in", "RK-06"))
    daemon.hears_signal("turn_open", "the next turn opens")


def main():
    daemon = Daemon()
    daemon.hears_signal("connected", "the engine says that the line stands")
    refusals(daemon)
    turns(daemon)
    daemon.stop()
    lines = daemon.lines()
    check(any(line["doc"].get("signal") == "ended" for line in lines), "the last words leave, too")
    said = [line for line in lines if line["kind"] == "control_signal"]
    batch = "".join(json.dumps(line) + "\n" for line in said)
    (WORK / "said.jsonl").write_text(batch)
    judged = subprocess.run([PROGRAM, "validate", "--jsonl", str(WORK / "said.jsonl"), "--json"], capture_output=True,
                            text=True, check=True)
    check(all(json.loads(line)["valid"] for line in judged.stdout.splitlines()),
          f"all {len(said)} signals that left are valid artifacts")
    replayed = subprocess.run([PROGRAM, "replay", str(WORK / "recording")], capture_output=True, text=True, check=False)
    check(replayed.returncode == 0, f"the recording replays without a difference: {replayed.stdout[-200:]}")


main()
