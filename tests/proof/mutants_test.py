#!/usr/bin/env python3
"""What is bent, and what is left alone: one small text a case."""
import unittest

from mutants import mutants

TABLE = """constexpr std::array<Row, 2> table = {{
    {A::one, B::x},
    {A::two, B::x},  // A::two
}};
"""


class Mutants(unittest.TestCase):
    def said(self, text):
        return [mutant.what for mutant in mutants(text)]

    def test_a_row_is_deleted_and_each_of_its_members_bent_to_a_neighbour(self):
        self.assertEqual(["table: row deleted: {A::one, B::x}", "table: A::one -> A::two in: {A::one, B::x}",
                          "table: row deleted: {A::two, B::x}", "table: A::two -> A::one in: {A::two, B::x}"], self.said(TABLE))
        self.assertNotIn("A::one", next(mutants(TABLE)).text)
        self.assertEqual([2, 2, 3, 3], [mutant.line for mutant in mutants(TABLE)])

    def test_neighbours_of_a_plain_list_change_places(self):
        found = list(mutants("constexpr std::array<E, 3> order = {E::a, E::b, E::c};\n"))
        self.assertEqual(2, len(found))
        self.assertIn("{E::b, E::a, E::c}", found[0].text)

    def test_comparisons_and_their_links_are_turned_round(self):
        self.assertEqual(["a != b || c <= d", "a == b && c <= d", "a == b || c < d"],
                         [mutant.text for mutant in mutants("a == b || c <= d")])

    def test_no_two_are_called_the_same(self):
        self.assertEqual(["== -> != in: a == b", "== -> != in: a == b (the same, 2)"], self.said("a == b\na == b"))

    def test_what_cannot_be_noticed_is_left_alone(self):
        for text in ("static_assert(a == b);", "PHAL_ENFORCE(a == b,\n  \"x\");", "// a == b", '"a == b"', "f<a>(b)",
                     "bool operator==(A) const = default;", "consteval bool f() { return a == b; }",
                     "template <class T, bool b = (x > 1)>"):
            self.assertEqual([], self.said(text), text)
        self.assertEqual(1, len(self.said("consteval bool f() { return true; } bool g() { return a == b; }")))


if __name__ == "__main__":
    unittest.main()
