"""What is known of a mutant before it is tried: who killed it last time, and which are the same program.

    mutants.json             name ──▶ {killer, digest of all that this verdict rests on}
    equivalent_mutants.txt   name                        the mutant, as --list says it, without the line's number
                               because ...               why no test can notice

A verdict rests on the mutant's text, the sources it was linked with, and the test that killed it (all tests, where
none did), with everything they include. Where one of these changed, the mutant is tried again.
"""
import hashlib
import json
import threading

from mutation_bench import ROOT


class Memory:
    def __init__(self, file, sources):
        self.file, self.sources, self.lock = file, sources, threading.Lock()
        self.verdicts = json.loads(file.read_text("utf-8")) if file.exists() else {}
        self.hashes = {}

    def hash_of(self, path):
        if path not in self.hashes:
            self.hashes[path] = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
        return self.hashes[path]

    def rests_on(self, path, mutant, killer):
        own, tests = self.sources.users(path)
        roots = own + ([killer] if killer in tests else tests)
        reached = set().union({path}, *(self.sources.reach(root) for root in roots))
        data = {str(file.relative_to(ROOT)) for root in roots if root.startswith("tests/")
                for file in (ROOT / root).parent.glob("*.txt")}
        known = [mutant.text, *(f"{name} {self.hash_of(name)}" for name in sorted(reached | data))]
        return hashlib.sha256("\n".join(known).encode()).hexdigest()

    def last_killer(self, name):
        return self.verdicts.get(name, {}).get("killer")

    def known(self, name, path, mutant):
        """Who killed it, if that still holds. A survivor is always tried again."""
        killer = self.last_killer(name)
        if killer is None or self.verdicts[name]["digest"] != self.rests_on(path, mutant, killer):
            return None
        return killer

    def keep(self, name, path, mutant, killer):
        with self.lock:
            self.verdicts[name] = {"killer": killer, "digest": self.rests_on(path, mutant, killer)}
            self.file.write_text(json.dumps(self.verdicts, indent=0, sort_keys=True), "utf-8")


def read_same_programs(file):
    """{name: reason}; a name without a reason is an error."""
    same, name = {}, None
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("  because ") and name:
            same[name] = line.removeprefix("  because ")
            name = None
        elif line.strip() and not line.startswith("#"):
            if name:
                raise SystemExit(f"{file.name}: no reason given for: {name}")
            name = line.rstrip()
    if name:
        raise SystemExit(f"{file.name}: no reason given for: {name}")
    return same
