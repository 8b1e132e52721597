#!/usr/bin/env python3
"""phalarope chains as its users call it: a copy of the shipped library, bent and mended again.

usage: chains_test.py PHALAROPE WORK_DIR SOURCE_DIR

Asserted: validate's JSON and exit codes, select --batch line by line, export and drift, fix, errorlog upgrade.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from trial import check  # noqa: E402

PROGRAM, WORK, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]) / "chains", pathlib.Path(sys.argv[3])
LIBRARY = WORK / "library"
VECTOR = {"assessment_mode": "spatial", "stage": "first_exposure", "energy": "high", "time_available": 40,
          "class_type": "anatomy", "unknown": 1}


def chains(*words, stdin=""):
    done = subprocess.run([PROGRAM, "chains", *words], input=stdin, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def fresh():
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(SOURCE / "firmware_images/conf/library", LIBRARY)


def bend(name, before, after):
    path = LIBRARY / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def check_validate():
    code, said = chains("validate", "--library", LIBRARY, "--strict")
    check(code == 0 and said == "46 methods, 15 chains: valid\n", "the shipped library is clean under strict")
    bend("methods/M-ENC-012.yaml", "category: encode", "category: weave")
    code, said = chains("validate", "--library", LIBRARY, "--json")
    verdict = json.loads(said)
    check(code == 1 and verdict["status"] == "fail" and verdict["error_count"] == 1, "one fault is one finding, exit 1")
    check({key: verdict["errors"][0][key] for key in ("code", "file", "line", "field", "message")} ==
          {"code": "M104", "file": "methods/M-ENC-012.yaml", "line": 4, "field": "category",
           "message": "unknown category 'weave'"}, "a finding names code, file, line and field")
    check(verdict["warnings"] == [] and verdict["notes"] == [], "all three lists are there")


def check_select():
    lines = [json.dumps(VECTOR), "", "[]", json.dumps(VECTOR | {"time_available": "40"}),
             json.dumps(VECTOR | {"time_available": 40.0}), json.dumps(VECTOR | {"assessment_mode": "songs"})]
    code, said = chains("select", "--library", LIBRARY, "--batch", stdin="\n".join(lines))
    answers = [json.loads(line) for line in said.splitlines()]
    check(code == 0 and len(answers) == 5, "every line that is not blank has its answer, in order")
    check(answers[0]["chain_id"] == "C-DA-001" and answers[0]["score_tuple"] == [1, 1, 10000, 1, 10], "a vector")
    check([one.get("error", {}).get("code") for one in answers[1:]] ==
          ["BAD_INPUT", "BAD_INPUT", "BAD_INPUT", "NO_CANDIDATE"], "an input that fails says why")
    shutil.rmtree(LIBRARY / "chains")
    (LIBRARY / "chains").mkdir()
    code, said = chains("select", "--library", LIBRARY, "--batch", "--policy", "v2.0", stdin="{}\nnonsense\n")
    check(code == 4 and said.count('"EMPTY_CATALOG"') == 2, "an empty catalogue answers every line, exit 4")
    code, _ = chains("select", "--mode", "songs", "--stage", "review", "--energy", "low", "--time", "15")
    check(code == 3, "no candidate is exit 3")


def check_exports():
    out = WORK / "inventory"
    check(chains("export", "--library", LIBRARY, "--root", WORK, "--out", out)[0] == 0, "inventories are written")
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    chains("export", "--library", LIBRARY, "--root", WORK, "--out", out)
    check(first == {path.name: path.read_bytes() for path in out.iterdir()}, "two exports are identical")
    check(chains("drift", "--library", LIBRARY, "--root", WORK, "--out", out)[0] == 0, "nothing drifts")
    bend("chains/C-QD-001.yaml", "  - M-REF-003\n  - M-REF-004\n", "")
    code, said = chains("drift", "--library", LIBRARY, "--root", WORK, "--out", out)
    check(code == 1 and "block order of C-QD-001 differs" in said and "\n+++ " in said, "drift is told, with its diff")
    check(chains("fix", "--library", LIBRARY)[0] == 1, "a chain that recalls before its targets is found")
    check(chains("fix", "--library", LIBRARY, "--write")[0] == 0 and
          chains("fix", "--library", LIBRARY)[1] == "nothing to change\n", "mending twice equals once")
    check(chains("drift", "--library", LIBRARY, "--root", WORK, "--out", out)[0] == 0, "mended, it is what it was")


def check_error_log():
    log = WORK / "ErrorLog.csv"
    log.write_text("topic_id,item_id,error_type,stage_detected,confidence,time_to_answer,fix_applied\n"
                   "t,i,Recall,retrieve,H,2.5,NONE\n")
    check(chains("errorlog", "upgrade", log)[0] == 0, "an old log is upgraded")
    check(log.read_text().splitlines()[1] == "t,i,Recall,retrieve,H,2.5,NONE,unknown,unknown,high,new,v0-legacy,0",
          "with the meanings of the contract")


for check_one in (check_validate, check_select, check_exports, check_error_log):
    fresh()
    check_one()
