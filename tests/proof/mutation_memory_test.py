#!/usr/bin/env python3
"""How long a verdict is remembered, and what a list of same programs must say."""
import pathlib
import tempfile
import unittest

import mutation_memory
from mutants import Mutant

BENT, TEST, OTHER = "core/bent.hpp", "tests/unit/near_test.cpp", "tests/unit/other_test.cpp"
MUTANT = Mutant(1, "a == b", "bool f() { return a != b; }")


class Sources:
    """Two tests include the bent file, and nothing else does."""

    def users(self, path):
        return [], [TEST, OTHER]

    def reach(self, path):
        return {path, BENT}


class Memories(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(setattr, mutation_memory, "ROOT", mutation_memory.ROOT)
        mutation_memory.ROOT = pathlib.Path(self.folder.name)
        for path in (BENT, TEST, OTHER):
            self.write(path, "as it was")

    def write(self, path, text):
        file = mutation_memory.ROOT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def memory(self):
        return mutation_memory.Memory(mutation_memory.ROOT / "mutants.json", Sources())

    def known(self):
        return self.memory().known("name", BENT, MUTANT)

    def test_a_killer_is_remembered_until_it_or_the_bent_file_changes(self):
        self.assertIsNone(self.known())
        self.memory().keep("name", BENT, MUTANT, TEST)
        self.assertEqual(TEST, self.known())
        self.write(OTHER, "another test has changed")
        self.assertEqual(TEST, self.known())
        for path in (TEST, BENT):
            self.write(path, "has changed")
            self.assertIsNone(self.known())
            self.assertEqual(TEST, self.memory().last_killer("name"), "it is still the first to be asked")
            self.write(path, "as it was")
            self.assertEqual(TEST, self.known())
        self.write("tests/unit/rows.txt", "the data of a test")
        self.assertIsNone(self.known())

    def test_another_mutant_of_that_name_is_tried(self):
        self.memory().keep("name", BENT, MUTANT, TEST)
        self.assertIsNone(self.memory().known("name", BENT, Mutant(1, "a == b", "another text")))

    def test_a_survivor_is_tried_again(self):
        self.memory().keep("name", BENT, MUTANT, None)
        self.assertIsNone(self.known())


class SamePrograms(unittest.TestCase):
    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            return mutation_memory.read_same_programs(pathlib.Path(file.name))

    def test_a_name_stands_with_its_reason(self):
        self.assertEqual({"f.hpp: one": "it is a hint"}, self.read("# why\n\nf.hpp: one\n  because it is a hint\n"))

    def test_a_name_without_a_reason_is_refused(self):
        for text in ("f.hpp: one\n", "f.hpp: one\nf.hpp: two\n  because it is a hint\n"):
            with self.assertRaisesRegex(SystemExit, "no reason given for: f.hpp: one"):
                self.read(text)


if __name__ == "__main__":
    unittest.main()
