"""Code and twins cannot drift apart: what make_twins.py refuses, and that a copy keeps the lines of its file."""
import unittest

import make_twins
from twin_table import Structure, relaxed

STORE = "x.store(1, std::memory_order_release);"
LOAD = "y = x.load(std::memory_order_acquire);"
TEXT = f"#pragma once\n#include <atomic>\nnamespace phalarope {{\nstd::atomic<int> x;\n{STORE}\n{LOAD}\n}}  // namespace phalarope\n"


class Twins(unittest.TestCase):
    def check(self, *texts_weakened, text=TEXT):
        twins = [relaxed(f"Twin{number}", each) for number, each in enumerate(texts_weakened)]
        make_twins.check_every_order_has_a_twin(Structure(["a.hpp"], twins), {"a.hpp": text})

    def test_each_order_with_its_twin_is_fine(self):
        self.check(STORE, LOAD)

    def test_an_order_without_a_twin_is_refused_with_its_line(self):
        with self.assertRaisesRegex(SystemExit, "a.hpp:6: no twin weakens this memory_order_acquire"):
            self.check(STORE)

    def test_an_order_that_is_not_written_is_seq_cst_and_needs_a_twin_too(self):
        with self.assertRaisesRegex(SystemExit, "a.hpp:5: no twin weakens this .store"):
            self.check(LOAD, text=TEXT.replace(STORE, "x.store(1);"))

    def test_an_order_in_a_comment_is_none(self):
        self.check(STORE, LOAD, text=TEXT + "// not memory_order_acquire\n")

    def test_an_edit_whose_text_has_changed_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "stands 0 times"):
            self.check(STORE, LOAD, text=TEXT.replace("store(1", "store(2"))

    def test_an_edit_that_could_mean_two_places_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "stands 2 times"):
            self.check(STORE, LOAD, text=TEXT + STORE)

    def test_a_copy_is_the_real_text_with_the_models_names_on_the_same_lines(self):
        copied = make_twins.modelled("a.hpp", TEXT, "phalarope::twins::a::Original").split("\n")
        self.assertEqual('#line 1 "a.hpp"', copied[0])
        self.assertEqual("namespace phalarope::twins::a::Original {", copied[3])
        self.assertEqual("model::Atomic<int> x;", copied[4])
        self.assertEqual(STORE, copied[5])


if __name__ == "__main__":
    unittest.main()
