"""Where a mutant is built and tried: only what includes the bent file is compiled again, nearest test first.

    mutant ──▶ overlay/core/engine/... ──▶ its room's sources ──▶ test by test, until one fails

Objects of what the mutant does not reach are built once (a bent .cpp leaves every test as it is). Who calls: threads
of mutate.py, one mutant each.
"""
import hashlib
import pathlib
import re
import shutil
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = {"turn": ["tests/contract/turn", "tests/unit/engine/turn"], "lanes": ["tests/unit/engine/lanes"]}
FLAGS = ["-std=c++23", "-O0", "-w", "-fPIE", "-D_GLIBCXX_ASSERTIONS"]  # one step beyond a list is noticed
LIBRARIES = ["-lrapidcheck", "-lgmock", "-lgtest_main", "-lgtest", "-lsodium", "-lyaml-cpp", "-lpthread"]
PRECOMPILED = ["gtest/gtest.h", "gmock/gmock.h", "rapidcheck.h", "rapidcheck/gtest.h", "algorithm", "fstream", "map",
               "optional", "set", "sstream", "string", "thread", "vector"]
COMPILE_TIMEOUT_S = 600
# A mutant that never ends is noticed by these: by the processor's time, which does not run while others work.
RUN_CPU_S = 30
RUN_TIMEOUT_S = 600


def short_hash(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Sources:
    """Who includes whom, and so who has to be compiled again."""

    def __init__(self):
        self.cache = {}
        self.lock = threading.RLock()

    def includes(self, path):
        with self.lock:
            if path not in self.cache:
                named = re.findall(r'^#include "((?:core|tests)/[^"]+)"', (ROOT / path).read_text("utf-8"), re.M)
                known = [name for name in named if (ROOT / name).exists()]
                self.cache[path] = set(known).union(*(self.includes(name) for name in known))
            return self.cache[path]

    def reach(self, path):
        """Everything that a program made of `path` may run: what it includes, and the sources behind the headers."""
        found, todo = set(), [path]
        while todo:
            one = todo.pop()
            if one not in found and (ROOT / one).exists():
                found.add(one)
                todo += [*self.includes(one), *([one[:-4] + ".cpp"] if one.endswith(".hpp") else [])]
        return found

    def users(self, path):
        """(the room's own sources, its tests nearest first) that a change of `path` reaches."""
        room = path.split("/")[2]
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
        self.sound = {}  # objects of tests that no mutant reaches
        shutil.copy(build / "core/libphalarope.a", self.work)  # a build meanwhile does no harm
        everything = self.work / "everything.hpp"
        everything.write_text("".join(f"#include <{name}>\n" for name in PRECOMPILED), "utf-8")
        subprocess.run(["g++", *FLAGS, "-x", "c++-header", everything, "-o", f"{everything}.gch"], check=True)

    def compile(self, source, folder, overlay=None):
        target = folder / (short_hash(source) + ".o")
        path = overlay / source if overlay and (overlay / source).exists() else ROOT / source
        overlaid = ["-I", overlay] if overlay else []
        done = subprocess.run(["g++", *FLAGS, "-include", self.work / "everything.hpp", *overlaid, "-I", ROOT, "-isystem",
                               self.build / "schemas/generated", f'-DPHALAROPE_SOURCE_DIR="{ROOT}"', "-c", path, "-o", target],
                              capture_output=True, text=True, timeout=COMPILE_TIMEOUT_S)
        if done.returncode != 0 and re.search("Killed signal|internal compiler error|cannot allocate", done.stderr):
            raise RuntimeError(f"the compiler broke down over {source}; fewer --jobs may help\n{done.stderr}")
        return target if done.returncode == 0 else None

    def sound_object(self, test):
        """The test as it stands in the tree; it has to pass there, or its verdicts would mean nothing."""
        with self.lock:
            if test not in self.sound:
                built = self.compile(test, self.work)
                if built is None or not self.passes([built], self.work):
                    raise RuntimeError(f"{test} fails without any mutant; mend it first")
                self.sound[test] = built
        return self.sound[test]

    def verdict(self, name, path, mutant, first=None):
        """Who killed the mutant, or None; the test `first` is asked before the others."""
        own, tests = self.sources.users(path)
        folder = self.work / short_hash(name)
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(mutant.text, "utf-8")
        try:
            objects = [self.compile(source, folder, folder) for source in own]
            if None in objects:
                return "the compiler"
            for test in sorted(tests, key=lambda test: test != first):
                reached = path in self.sources.includes(test)
                built = self.compile(test, folder, folder) if reached else self.sound_object(test)
                if built is None or not self.passes([built, *objects], folder):
                    self.sound_object(test)
                    return "the compiler" if built is None else test
            return None
        finally:
            shutil.rmtree(folder)

    def passes(self, objects, folder):
        program = folder / "program"
        subprocess.run(["g++", "-pie", *objects, self.work / "libphalarope.a", *LIBRARIES, "-o", program], check=True)
        try:
            done = subprocess.run(["prlimit", f"--cpu={RUN_CPU_S}", program, "--gtest_fail_fast"], capture_output=True,
                                  timeout=RUN_TIMEOUT_S, cwd=folder)
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            return False
