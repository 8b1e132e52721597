#!/usr/bin/env python3
"""The script that holds the tests against the contract is itself tested: one small contract, one defect a case."""
import unittest

import contract_rows

CONTRACT = """
names | T1 T7a G3 | named rows | whole
table | 5.3 | 4 | enqueue
table | 2.1 diagnostics | 2 | illegal attempts
table | Appendix C | 2 | scenarios
walk  | 2.1 pairs | 45 | state x trigger
text  | 2.1 3.3 | sections
other | evidence | 2.4
"""
TEST = "TEST(Lane, SaysWhatItDoes) {}\n"


def look(comment, path="tests/a_test.cpp", after=TEST):
    contract = contract_rows.Contract(CONTRACT)
    findings = contract_rows.check(contract, {path: comment + "\n" + after})
    return {row for table in contract.tables for row in table.covered}, [f for f in findings if f.place != "contract_rows.txt"]


class Marks(unittest.TestCase):
    def covers(self, text, *rows):
        covered, findings = look("// contract: " + text)
        self.assertEqual((set(rows), []), (covered, findings), text)

    def refuses(self, text):
        self.assertEqual(1, len(look("// contract: " + text)[1]), text)

    def test_a_row_is_named_by_itself_by_number_by_range_or_with_its_table(self):
        self.covers("T7a", "T7a")
        self.covers("T1, runtime.md 5.3 row 2", "T1", "5.3 row 2")
        self.covers("5.3 rules 2-3.", "5.3 row 2", "5.3 row 3")
        self.covers("5.3 rows", *[f"5.3 row {row}" for row in range(1, 5)])
        self.covers("2.1 pairs; 2.1 diagnostics row 2", "2.1 pairs", "2.1 diagnostics row 2")

    def test_a_section_and_a_quotation_cover_nothing(self):
        self.covers("5.3, 3.3")
        self.covers('5.3 "id required; numbers, too, are clamped", T1', "T1")

    def test_another_documents_sections_are_not_the_contracts(self):
        self.covers("evidence.md 2.4 rule 3, T1", "T1")
        self.refuses("evidence 5.3")
        self.covers("evidence 2.4, runtime.md 5.3 row 1", "5.3 row 1")

    def test_an_unknown_id_is_refused(self):
        for text in ("T99", "5.9", "5.3 row 5", "5.3 row 0", "5.3 rows 3-2", "T7 a", "whatever"):
            self.refuses(text)

    def test_a_file_without_a_test_covers_nothing(self):
        self.assertEqual((set(), []), look("// contract: T1", after="int x;\n"))


class Cases(unittest.TestCase):
    def covers(self, title, *rows):
        self.assertEqual((set(rows), []), look("case: " + title, "tests/rows.txt"), title)

    def test_a_title_begins_with_its_rows(self):
        self.covers("G3 T1: words, T7a", "G3", "T1")
        self.covers("T1 an intent", "T1")
        self.covers("T1 3.3: both", "T1")
        self.covers("5.3 row 3, G3: both", "5.3 row 3", "G3")
        self.covers("2.1 diagnostics row 2: none", "2.1 diagnostics row 2")
        self.covers("Appendix C 2, T1: a script", "Appendix C row 2", "T1")
        self.covers("not JSON")

    def test_an_unknown_row_in_a_title_is_refused(self):
        self.assertEqual(1, len(look("case: T99: no", "tests/rows.txt")[1]))


class Whole(unittest.TestCase):
    def test_a_row_that_lost_its_test_is_a_finding_where_the_table_was_whole(self):
        findings = contract_rows.check(contract_rows.Contract(CONTRACT), {"tests/a_test.cpp": "// contract: T1\n" + TEST})
        self.assertEqual(["`T7a`", "`G3`"], [str(finding).split()[1] for finding in findings])

    def test_a_line_that_is_no_row_names_its_number(self):
        with self.assertRaisesRegex(ValueError, "contract_rows.txt:1"):
            contract_rows.Contract("tabel | 5.3 | 4 | x")


if __name__ == "__main__":
    unittest.main()
