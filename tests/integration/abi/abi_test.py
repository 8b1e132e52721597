#!/usr/bin/env python3
"""`phalarope abi` from the outside: abi_test.py PROGRAM REPOSITORY."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, REPOSITORY = sys.argv[1], pathlib.Path(sys.argv[2])
KINDS = ["event_record", "control_signal", "decision_outcome", "turn_transition", "resolved_turn_plan",
         "artifact_bundle"]
RECORD = {"schema_version": "v1.0", "event_scope": "turn", "session_id": "s", "turn_id": "t", "pipeline_version": "p",
          "event_id": "e", "lane": "DataLane", "transport_sequence": 0, "runtime_sequence": 1,
          "runtime_timestamp_ms": 2, "wall_clock_timestamp_ms": 3, "payload_class": "text_raw", "authority_epoch": 0}


class Abi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, content, name="file"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    def batch(self, *elements):
        return self.file("".join(json.dumps({"kind": k, "doc": d}) + "\n" for k, d in elements).encode())

    def call(self, *words):
        done = subprocess.run([PROGRAM, "abi", *words], capture_output=True, timeout=30)
        return done.returncode, done.stdout, done.stderr.decode()

    def test_an_artifact_survives_the_way_to_flatbuffers_and_back(self):
        code, there, _ = self.call("convert", "event_record", self.file(RECORD))
        self.assertEqual((code, there[4:8]), (0, b"PHAB"))
        code, back, _ = self.call("convert", "event_record", self.file(there))
        self.assertEqual((code, json.loads(back)), (0, RECORD))

    def test_bytes_of_another_kind_or_cut_short_are_refused(self):
        _, there, _ = self.call("convert", "event_record", self.file(RECORD))
        self.assertEqual(self.call("convert", "control_signal", self.file(there))[0], 1)
        code, said, error = self.call("convert", "event_record", self.file(there[:-8]))
        self.assertEqual((code, said), (1, b""))
        self.assertIn("FlatBuffers", error)

    def test_a_batch_passes_the_gateway_whole_or_not_at_all(self):
        later = dict(RECORD, runtime_sequence=5)
        code, said, _ = self.call("gateway", self.batch(("event_record", RECORD), ("event_record", later)))
        self.assertEqual((code, len(json.loads(said)["batch"])), (0, 2))
        code, said, _ = self.call("gateway", self.batch(("event_record", later), ("event_record", RECORD)))
        answer = json.loads(said)
        self.assertEqual((code, answer["index"], answer["path"]), (1, 1, "runtime_sequence"))
        self.assertIn("from 5 to 1", answer["rule"])

    def test_ingress_classifies_and_audits(self):
        raw = {k: v for k, v in RECORD.items() if k not in ("payload_class", "schema_version", "authority_epoch")}
        batch = self.batch(("event_record", raw), ("gesture", {}))
        code, said, _ = self.call("ingress", batch, "--unknown-event-action", "drop", "--codec", "Opus")
        answer = json.loads(said)
        self.assertEqual(code, 0)
        self.assertEqual(answer["accepted"][0]["doc"], dict(RECORD, payload_class="audio_raw", media_time={"pts_ms": 2}))
        self.assertEqual([entry["action"] for entry in answer["audit"]], ["drop"])
        code, said, _ = self.call("ingress", batch)
        answer = json.loads(said)
        self.assertEqual((code, answer["accepted"], answer["error"]["path"]), (1, [], "kind"))
        self.assertEqual((answer["signal"]["signal"], answer["signal"]["emitted_by"]), ("reject", "RK-25"))

    def test_a_bad_call_says_where(self):
        self.assertEqual(self.call("gateway", str(self.folder / "none"))[0], 2)
        code, _, error = self.call("gateway", self.file(b'\n{"kind":"event_record"}\n'))
        self.assertEqual(code, 2)
        self.assertIn(":2:", error)
        self.assertEqual(self.call("ingress", self.batch(), "--unknown-event-action", "guess")[0], 2)
        self.assertEqual(self.call("schema", "nonsense")[0], 2)

    def test_a_form_is_negotiated_or_refused_with_the_list(self):
        code, said, _ = self.call("negotiate", "websocket", "--encoding", "cbor,flatbuffers", "--compression", "zlib")
        self.assertEqual((code, json.loads(said)), (0, {"encoding": "flatbuffers", "compression": "zlib"}))
        code, _, error = self.call("negotiate", "telephony", "--encoding", "flatbuffers")
        self.assertEqual(code, 1)
        self.assertIn("offer one of: json", error)

    def test_the_published_schemas_are_the_programs(self):
        for kind in KINDS:
            published = (REPOSITORY / "schemas/json" / f"{kind}.schema.json").read_bytes()
            self.assertEqual(self.call("schema", kind)[1], published, kind)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
