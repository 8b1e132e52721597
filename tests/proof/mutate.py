#!/usr/bin/env python3
"""Which bent row, which flipped comparison does no test notice?  mutate.py BUILD_DIR [OPTIONS] [FILE...]

    core/engine/{turn,lanes}/*  ──mutants.py──▶  one change  ──compile the bent file's users──▶  nearest test first
                                                                    └─ refused by the compiler, or a test fails: killed

FILE...      only these (core/engine/turn/gates.hpp); else all of turn/ and lanes/
--seconds N  the short form: as many as N seconds allow, drawn from all of them with --seed (printed)
--seed S     the draw; without it another one each day
--jobs N     compilers at once (1)
--list       only name the mutants

The tree is never touched: a mutant is a file in BUILD_DIR/mutants that stands first on the include path. Only what
includes it is compiled again, without optimisation; the rest comes from BUILD_DIR/core/libphalarope.a. Who killed a
mutant is remembered in BUILD_DIR/mutants.json and holds until that test, or anything that it includes, changes.

A mutant that is the same program stands in equivalent_mutants.txt with the reason. It is tried like the others: a
line there whose mutant dies, or is gone, fails the run.
"""
import argparse
import concurrent.futures
import pathlib
import random
import sys
import time

import mutants
from mutation_bench import ROOMS, ROOT, Bench
from mutation_memory import Memory, read_same_programs

PROGRESS_MUTANTS = 50
SAME_PROGRAMS = pathlib.Path(__file__).with_name("equivalent_mutants.txt")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    return parser.parse_intermixed_args()


def mutants_of(path):
    return [(f"{path}: {mutant.what}", path, mutant) for mutant in mutants.mutants((ROOT / path).read_text("utf-8"))]


def every_file():
    return sorted(str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / f"core/engine/{room}").glob("*.?pp"))


def judged(options, todo, bench, memory):
    """(name, place, killer) of each mutant there is time for; killer is None where every test passed."""
    until = time.monotonic() + (options.seconds or 10**9)

    def judge(job):
        name, path, mutant = job
        if time.monotonic() >= until:
            return None
        killer = memory.known(name, path, mutant)
        if killer is None:
            killer = bench.verdict(name, path, mutant, memory.last_killer(name))
            memory.keep(name, path, mutant, killer)
        return name, f"{path}:{mutant.line}", killer

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        yield from filter(None, pool.map(judge, todo))


def main():
    options = arguments()
    todo = [job for path in options.files or every_file() for job in mutants_of(path)]
    if options.list:
        print("\n".join(f"{path}:{mutant.line}: {mutant.what}" for _, path, mutant in todo))
        return 0
    names, count_all = {name for name, _, _ in todo}, len(todo)
    same = read_same_programs(SAME_PROGRAMS)
    faults = [f"{name}: there is no such mutant" for name in same if not options.files and name not in names]
    if options.seconds:
        random.Random(options.seed).shuffle(todo)
    bench = Bench(options.build.resolve())
    memory = Memory(options.build.resolve() / "mutants.json", bench.sources)
    killed = by_compiler = same_count = survived = 0
    for number, (name, place, killer) in enumerate(judged(options, todo, bench, memory), 1):
        if number % PROGRESS_MUTANTS == 0:
            print(f"mutate: {number} of {count_all}", file=sys.stderr, flush=True)
        by_compiler += killer == "the compiler"
        if killer is None and name in same:
            same_count += 1
        elif killer is None:
            survived += 1
            print(f"survived: {place}: {name.partition(': ')[2]}", flush=True)
        else:
            killed += 1
            if name in same:
                faults.append(f"{name}: not the same program, {killer} kills it")
    for fault in faults:
        print(f"{SAME_PROGRAMS.name}: {fault}")
    print(f"{killed + same_count + survived} of {count_all} mutants tried{f' (seed {options.seed})' if options.seconds else ''}: "
          f"{killed} killed ({by_compiler} by the compiler), {same_count} the same program, {survived} survived; "
          f"{100.0 * killed / max(killed + survived, 1):.2f} % of those that a test can notice")
    return 1 if survived or faults else 0


if __name__ == "__main__":
    sys.exit(main())
