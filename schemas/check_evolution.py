#!/usr/bin/env python3
"""Does a schema of today still read what was written with the last release's?

usage: check_evolution.py [SCHEMAS [BASELINE]]       (this folder, and baseline/ in it)

    baseline/*.fbs               flatc --conform, then evolution_fbs.py for what it does not see
    baseline/json/*.schema.json  evolution_json.py

Additions pass. Every break is one line: the file, the definition or member, what is lost and what to do instead.
Exit code: 0 nothing breaks, 1 something does, 2 it could not be checked.
"""
import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import evolution_fbs  # noqa: E402
import evolution_json  # noqa: E402


def fbs_files(folder):
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.fbs"))}


def conform_breaks(current, baseline):
    """What flatc says, a file at a time."""
    for old in sorted(baseline.glob("*.fbs")):
        new = current / old.name
        if not new.exists():
            continue  # told by evolution_fbs
        done = subprocess.run(["flatc", "--conform", str(old), "--conform-includes", str(baseline), "-I", str(current),
                               str(new)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = " ".join((done.stdout + done.stderr).split()).removeprefix("flatc: ").removeprefix("error: ")
            yield f"{old.name}: flatc --conform: {said or 'failed'}"


def json_breaks(current, baseline):
    for old in sorted((baseline / "json").glob("*.schema.json")):
        new = current / "json" / old.name
        if not new.exists():
            yield f"json/{old.name}: schema removed"
            continue
        for sentence in evolution_json.breaks(json.loads(old.read_text("utf-8")), json.loads(new.read_text("utf-8"))):
            yield f"json/{old.name}: {sentence}"


def all_breaks(current, baseline):
    yield from evolution_fbs.breaks(fbs_files(baseline), fbs_files(current))
    yield from conform_breaks(current, baseline)
    yield from json_breaks(current, baseline)


def main(words):
    current = pathlib.Path(words[0]) if words else pathlib.Path(__file__).resolve().parent
    baseline = pathlib.Path(words[1]) if len(words) > 1 else current / "baseline"
    if not fbs_files(baseline):
        print(f"{baseline} holds no schema to compare with", file=sys.stderr)
        return 2
    try:
        found = list(all_breaks(current, baseline))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for sentence in found:
        print(f"schemas/{sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
