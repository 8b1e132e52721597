#!/usr/bin/env python3
"""`phalarope plan walk` from the outside: plan_walk_test.py PROGRAM REPOSITORY."""
import json
import subprocess
import sys
import unittest

PROGRAM, PIPELINE = sys.argv[1], sys.argv[2] + "/firmware_images/conf/pipeline.yaml"
NODES = ["microphone", "recogniser", "dialogue", "synthesiser", "playback"]


class PlanWalk(unittest.TestCase):
    def call(self, *words):
        done = subprocess.run([PROGRAM, "plan", "walk", *words], capture_output=True, timeout=30, text=True)
        return done.returncode, done.stdout, done.stderr

    def walk(self, *words):
        code, said, _ = self.call(PIPELINE, "--json", *words)
        answer = json.loads(said)
        return code, [node["node_id"] for node in answer["nodes"]], answer

    def signals(self, answer):
        return [(signal["signal"], signal["event_id"], signal.get("reason")) for signal in answer["control_signals"]]

    def test_every_node_runs_once_in_the_order_of_the_graph(self):
        code, nodes, answer = self.walk("--base", "try")
        self.assertEqual((code, nodes, answer["control_signals"], answer["terminal_reason"]), (0, NODES, [], ""))
        self.assertEqual([node["event_id"] for node in answer["nodes"]], ["try-" + name for name in NODES])
        self.assertEqual({node["edge_id"] for node in answer["nodes"]}, {"lane/DataLane"})
        self.assertEqual([node["runtime_sequence"] for node in answer["nodes"]], [1, 2, 3, 4, 5])

    def test_a_node_that_the_pool_refuses_stops_the_walk_by_a_shed_of_its_own(self):
        for why, reason in (("saturated", "execution_pool_saturated"), ("limited", "node_concurrency_limited"),
                            ("closed", "execution_pool_closed")):
            code, nodes, answer = self.walk("--refuse", "dialogue=" + why)
            self.assertEqual((code, nodes, answer["terminal_reason"]), (1, NODES[:3], reason))
            self.assertEqual(self.signals(answer), [("shed", "evt-execution-plan-dialogue", reason)])

    def test_a_node_that_fails_goes_the_plans_way(self):
        code, nodes, answer = self.walk("--fail", "recogniser")
        self.assertEqual((code, nodes), (0, NODES))
        self.assertEqual([signal[:2] for signal in self.signals(answer)],
                         [(name, "evt-execution-plan-recogniser")
                          for name in ("budget_warning", "budget_exhausted", "fallback")])

    def test_a_lane_that_is_high_says_so_in_the_name_of_what_it_took(self):
        _, _, answer = self.walk("--lanes", "1,1,1")
        self.assertEqual(self.signals(answer)[:2],
                         [("watermark", "evt-execution-plan-microphone-enqueue-watermark", "lane_queue_high_watermark"),
                          ("flow_xoff", "evt-execution-plan-microphone-enqueue-flow", "backpressure_asserted")])

    def test_a_bad_call_says_what_to_do(self):
        for words, hint in (([PIPELINE, "--refuse", "kettle=closed"], "it has microphone"),
                            ([PIPELINE, "--refuse", "dialogue"], "NODE=saturated"),
                            ([PIPELINE, "--fail", "kettle"], "it has microphone"),
                            ([PIPELINE, "--lanes", "1,2"], "CONTROL,DATA,TELEMETRY")):
            code, said, error = self.call(*words)
            self.assertEqual((code, said), (2, ""), words)
            self.assertIn(hint, error)
        self.assertEqual(self.call("/nowhere.yaml")[0], 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
