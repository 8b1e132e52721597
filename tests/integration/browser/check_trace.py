#!/usr/bin/env python3
"""Holds a trace file against the rules that importers go by: check_trace.py TRACE.json. Exit 1 if any is broken.

Written from the Trace Event Format's text, not from our writer: phases and their members, order in time, named
processes and threads, slices that nest, flows that begin once, end once and lie in slices.
"""
import collections
import json
import sys

NEEDS = {"M": {"name", "args"}, "X": {"name", "ts", "dur"}, "i": {"name", "ts", "s"}, "s": {"name", "ts", "id", "cat"},
         "t": {"name", "ts", "id", "cat"}, "f": {"name", "ts", "id", "cat"}}
METADATA = {"process_name": "name", "thread_name": "name", "thread_sort_index": "sort_index"}


def shape(event):
    phase = event.get("ph")
    if phase not in NEEDS:
        return f"phase {phase!r}"
    missing = (NEEDS[phase] | {"pid", "tid"}) - event.keys()
    if missing:
        return f"without {sorted(missing)}"
    if not isinstance(event["pid"], int) or not isinstance(event["tid"], int):
        return "pid or tid is no integer"
    if phase == "M":
        wanted = METADATA.get(event["name"])
        return None if wanted in event["args"] else f"metadata {event['name']!r} without {wanted!r}"
    if not isinstance(event["name"], str) or not isinstance(event["ts"], (int, float)) or event["ts"] < 0:
        return "name or ts"
    if phase == "X" and event["dur"] < 0:
        return "a slice that ends before it begins"
    return "scope" if phase == "i" and event["s"] not in ("g", "p", "t") else None


def nesting(slices):
    """On one thread a slice lies wholly inside another, or wholly behind it."""
    open_ends = []
    for event in sorted(slices, key=lambda one: (one["ts"], -one["dur"])):
        end = event["ts"] + event["dur"]
        while open_ends and open_ends[-1] <= event["ts"] + 1e-6:
            open_ends.pop()
        if open_ends and end > open_ends[-1] + 1e-6:
            yield f"slice {event['name']!r} at {event['ts']} ends behind the one around it"
        open_ends.append(end)


def flows(events, slices):
    points = collections.defaultdict(list)
    for event in events:
        if event["ph"] in "stf":
            points[event["cat"], event["id"]].append(event)
    for key, way in points.items():
        phases = "".join(event["ph"] for event in way)
        if not (phases.startswith("s") and phases.endswith("f") and set(phases[1:-1]) <= {"t"}):
            yield f"flow {key}: {phases}"
        for event in way:
            around = slices[event["pid"], event["tid"]]
            if not any(one["ts"] <= event["ts"] <= one["ts"] + one["dur"] for one in around):
                yield f"flow {key} has a point in no slice, at {event['ts']}"


def problems(trace):
    events = trace["traceEvents"]
    for number, event in enumerate(events):
        if (wrong := shape(event)):
            yield f"event {number}: {wrong}"
            return
    times = [event["ts"] for event in events if event["ph"] != "M"]
    if times != sorted(times):
        yield "times fall"
    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    processes = {event["pid"] for event in events if event["name"] == "process_name"}
    slices = collections.defaultdict(list)
    for event in events:
        if event["pid"] not in processes:
            yield f"process {event['pid']} has no name"
        # A second row of a track carries its first row's name.
        if event["ph"] != "M" and (event["pid"], event["tid"] // 16 * 16) not in named:
            yield f"thread {event['tid']} has no name"
        if event["ph"] == "X":
            slices[event["pid"], event["tid"]].append(event)
    for of_thread in slices.values():
        yield from nesting(of_thread)
    yield from flows(events, slices)


def check(path):
    with open(path, encoding="utf-8") as file:
        trace = json.load(file)
    found = list(problems(trace))
    for problem in found[:20]:
        print(f"{path}: {problem}")
    count = collections.Counter(event["ph"] for event in trace["traceEvents"])
    print(f"{path}: " + ", ".join(f"{number} {phase}" for phase, number in sorted(count.items())))
    return found


if __name__ == "__main__":
    sys.exit(1 if check(sys.argv[1]) else 0)
