#!/usr/bin/env python3
"""Which bent row, which flipped comparison does no test notice?  mutate.py BUILD_DIR [OPTIONS] [FILE...]

    core/engine/{turn,lanes}/*  ──mutants.py──▶  one change  ──compile the bent file's users──▶  nearest test first
                                                                    └─ refused by the compiler, or a test fails: killed

FILE...      only these (core/engine/turn/gates.hpp); else all of turn/ and lanes/
--seconds N  the short form: as many as N seconds allow, drawn from all of them with --seed (printed)
--jobs N     compilers at once (1)
--list       only name the mutants

The tree is never touched: a mutant is a file in BUILD_DIR/mutants that stands first on the include path. Only what
includes it is compiled again, without optimisation; the rest comes from BUILD_DIR/core/libphalarope.a.
"""
import argparse
import concurrent.futures
import hashlib
import pathlib
import random
import re
import shutil
import subprocess
import sys
import threading
import time

import mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = {"turn": ["tests/contract/turn", "tests/unit/engine/turn"], "lanes": ["tests/unit/engine/lanes"]}
FLAGS = ["-std=c++23", "-O0", "-w", "-fPIE", "-D_GLIBCXX_ASSERTIONS"]  # one step beyond a list is noticed
LIBRARIES = ["-lrapidcheck", "-lgmock", "-lgtest_main", "-lgtest", "-lsodium", "-lyaml-cpp", "-lpthread"]
PRECOMPILED = ["gtest/gtest.h", "gmock/gmock.h", "rapidcheck.h", "rapidcheck/gtest.h", "algorithm", "fstream", "map",
               "optional", "set", "sstream", "string", "thread", "vector"]
COMPILE_TIMEOUT_S = 120
RUN_TIMEOUT_S = 30  # a mutant that never ends is noticed by this


class Sources:
    """Who includes whom, and so who has to be compiled again."""

    def __init__(self):
        self.cache = {}

    def includes(self, path):
        if path not in self.cache:
            self.cache[path] = set()
            named = re.findall(r'^#include "((?:core|tests)/[^"]+)"', (ROOT / path).read_text("utf-8"), re.M)
            known = [name for name in named if (ROOT / name).exists()]
            self.cache[path] = set(known).union(*(self.includes(name) for name in known))
        return self.cache[path]

    def users(self, path, room):
        """(the room's own sources, its tests nearest first) that a change of `path` reaches."""
        header = path if path.endswith(".hpp") else path[:-4] + ".hpp"
        own = sorted(str(p.relative_to(ROOT)) for p in (ROOT / f"core/engine/{room}").glob("*.cpp"))
        tests = sorted(str(p.relative_to(ROOT)) for folder in ROOMS[room] for p in (ROOT / folder).glob("*_test.cpp"))
        stem = pathlib.Path(path).stem
        near = lambda test: (stem not in pathlib.Path(test).stem, f'"{header}"' not in (ROOT / test).read_text("utf-8"), test)
        return ([source for source in own if source == path or path in self.includes(source)],
                sorted((test for test in tests if header in self.includes(test)), key=near))


class Bench:
    def __init__(self, build):
        self.build, self.work = build, build / "mutants"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.sources = Sources()
        self.lock = threading.Lock()
        self.sound = {}  # objects of files that the mutant does not reach
        everything = self.work / "everything.hpp"
        everything.write_text("".join(f"#include <{name}>\n" for name in PRECOMPILED), "utf-8")
        subprocess.run(["g++", *FLAGS, "-x", "c++-header", everything, "-o", f"{everything}.gch"], check=True)

    def compile(self, source, overlay, folder):
        target = folder / (hashlib.sha256(source.encode()).hexdigest()[:16] + ".o")
        path = overlay / source if overlay and (overlay / source).exists() else ROOT / source
        overlaid = ["-I", overlay] if overlay else []
        done = subprocess.run(["g++", *FLAGS, "-include", self.work / "everything.hpp", *overlaid, "-I", ROOT, "-isystem",
                               self.build / "schemas/generated", f'-DPHALAROPE_SOURCE_DIR="{ROOT}"', "-c", path, "-o", target],
                              capture_output=True, text=True, timeout=COMPILE_TIMEOUT_S)
        return target if done.returncode == 0 else None

    def verdict(self, path, mutant, number):
        """Who killed the mutant, or None."""
        room = path.split("/")[2]
        own, tests = self.sources.users(path, room)
        folder = self.work / str(number)
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(mutant.text, "utf-8")
        try:
            objects = [self.compile(source, folder, folder) for source in own]
            if None in objects:
                return "the compiler"
            for test in tests:
                built = self.compile(test, folder, folder)
                if built is None:
                    return "the compiler"
                if not self.passes(test, [built, *objects], folder):
                    return test
            return None
        finally:
            shutil.rmtree(folder)

    def passes(self, test, objects, folder):
        program = folder / "program"
        subprocess.run(["g++", "-pie", *objects, self.build / "core/libphalarope.a", *LIBRARIES, "-o", program], check=True)
        try:
            done = subprocess.run([program, "--gtest_fail_fast"], capture_output=True, timeout=RUN_TIMEOUT_S, cwd=folder)
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            return False


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    return parser.parse_intermixed_args()


def main():
    options = arguments()
    files = options.files or sorted(str(path.relative_to(ROOT)) for room in ROOMS
                                    for path in (ROOT / f"core/engine/{room}").glob("*.?pp"))
    todo = [(path, mutant) for path in files for mutant in mutants.mutants((ROOT / path).read_text("utf-8"))]
    if options.list:
        print("\n".join(f"{path}:{mutant.line}: {mutant.what}" for path, mutant in todo))
        return 0
    count_all, until = len(todo), time.monotonic() + (options.seconds or 10**9)
    if options.seconds:
        random.Random(options.seed).shuffle(todo)
    bench = Bench(options.build.resolve())
    killed, survivors, by_compiler = 0, [], 0

    def judge(job):
        number, (path, mutant) = job
        return path, mutant, (bench.verdict(path, mutant, number) if time.monotonic() < until else "not tried")

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, mutant, killer in pool.map(judge, enumerate(todo)):
            killed += killer not in (None, "not tried")
            by_compiler += killer == "the compiler"
            if killer is None:
                survivors.append(f"{path}:{mutant.line}: {mutant.what}")
                print(f"survived: {survivors[-1]}", flush=True)
    tried = killed + len(survivors)
    print(f"{tried} of {count_all} mutants tried{f' (seed {options.seed})' if options.seconds else ''}: {killed} killed "
          f"({by_compiler} by the compiler), {len(survivors)} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
