"""Holds the tests against the rows of the contract.

    contract_rows.txt ──▶ Contract: what may be named, what has to be covered
    tests/**          ──▶ marks(): every id a test names, with its place  ──▶ check(): findings, rows without a test

A test names rows in a comment, or a data file in the title of a case:

    // contract: T7a, 5.3 row 2, evidence 2.4           case: G3 T3 F7: the epoch is not valid

    ID                 a row with a name of its own, a walk, or a section; a section alone covers no row
    SECTION row 2      one row; `rows 1-4` several, `rows` all of them; `rule` is the same word
    SECTION "words"    the sentence of a section that the test is about; covers no row
    DOCUMENT ID        a section of another document, as far as the next name of one; `runtime.md` leads back

Only files that hold tests count. Called by check_contract_rows.py; tested by contract_rows_test.py.
"""
import dataclasses
import pathlib
import re

RULES = ("table", "names", "walk", "text", "other")
MARK = re.compile(r"//.*?\bcontract: (.+)$")
TEST = re.compile(r"^(TEST(_F|_P)?|RC_GTEST_\w+)\(", re.M)
CASE = re.compile(r"^case: (.+)$")
CASE_HEAD = re.compile(r"((Appendix [A-E]( \d+)?|\d+\.\d+( diagnostics)?( (row|rule)s? [\d-]+)?|[TGIFV]\d+[a-z]?)[ ,]*)+(?=[: ])")
TOKEN = re.compile(r'[^,;"]*"[^"]*"[^,;"]*|[^,;"]+')


@dataclasses.dataclass
class Table:
    name: str
    words: str
    rows: list
    whole: bool
    covered: dict  # row: places of the tests


@dataclasses.dataclass(frozen=True)
class Finding:
    place: str
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


class Contract:
    def __init__(self, text):
        self.tables = []
        self.sections = set()  # ids that may be named and cover nothing
        self.others = {}
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                fields = [field.strip() for field in line.split("|")]
                if fields[0] not in RULES or len(fields) < 3:
                    raise ValueError(f"contract_rows.txt:{number}: {' | '.join(RULES)}, then an id, then what it says")
                getattr(self, "add_" + fields[0])(*fields[1:])
        self.by_row = {row: table for table in self.tables for row in table.rows}
        self.by_name = {table.name: table for table in self.tables}

    def add(self, name, words, rows, whole):
        self.tables.append(Table(name, words, rows, bool(whole), {}))

    def add_table(self, name, count, words, *whole):
        self.sections.add(name)
        self.add(name, words, [f"{name} row {row}" for row in range(1, int(count) + 1)], whole)

    def add_names(self, names, words, *whole):
        self.add(f"{names.split()[0]}..{names.split()[-1]}", words, names.split(), whole)

    def add_walk(self, name, count, words, *whole):
        self.add(name, f"{int(count)} combinations: {words}", [name], whole)

    def add_text(self, names, _words):
        self.sections.update(names.split())

    def add_other(self, document, names):
        self.others[document] = set(names.split())

    def rows_named(self, name):
        """The rows that `name` covers; None if the contract has no such id."""
        if name in self.by_row:
            return [name]
        if name in self.sections:
            return []
        rows = re.fullmatch(r"(.+?) (?:rows?|rules?)(?: (\d+)(?:-(\d+))?)?", name)
        if not rows or rows[1] not in self.by_name:
            return None
        table = self.by_name[rows[1]]
        if not rows[2]:
            return table.rows
        first, last = int(rows[2]), int(rows[3] or rows[2])
        return table.rows[first - 1:last] if 1 <= first <= last <= len(table.rows) else None


def is_known(contract, document, name):
    """As rows_named, for a name within `document` (empty: the runtime contract)."""
    if not document:
        return contract.rows_named(name)
    first = re.sub(r" (?:rules?|rows?) \d+$", "", name)
    if first in contract.others[document]:
        return []
    rows = contract.rows_named(name)  # I6 or D19 after `evidence 2.2` are still what they are
    return rows if rows and not name[0].isdigit() else None


def parse_mark(contract, text):
    """(name, rows or None) of each id in the text of a mark."""
    document = ""
    for token in TOKEN.findall(text):
        name = re.sub(r'\s*"[^"]*"', "", token).strip().rstrip(".")
        named = re.match(r"(runtime|decisions|%s)(?:\.md)?(?: |$)" % "|".join(contract.others or ["-"]), name)
        if named:
            document = named[1] if named[1] in contract.others else ""
            name = name[named.end():]
        if not name:
            continue
        # F-001 and the like are the features of the product's list, which is not a part of the contract.
        yield name, [] if re.fullmatch(r"F-\d{3}", name) else is_known(contract, document, name)


def marks_of(contract, path, text):
    """(place, name, rows or None) of every id that the file names."""
    lines = text.splitlines()
    holds_tests = TEST.search(text)
    for number, line in enumerate(lines, 1):
        mark = MARK.search(line) if path.endswith((".cpp", ".hpp")) else None
        if mark and holds_tests:
            for name, rows in parse_mark(contract, mark[1]):
                yield f"{path}:{number}", name, rows
        case = CASE.match(line) if path.endswith(".txt") else None
        head = CASE_HEAD.match(case[1]) if case else None
        if head:
            words = re.sub(r"Appendix C (\d)", r"Appendix C row \1", head[0].rstrip(":"))
            words = re.sub(r",?\s+(?=[TGIFV]\d|\d+\.\d)", ", ", words).strip(" ,")
            for name, rows in parse_mark(contract, words):
                yield f"{path}:{number}", name, rows


def check(contract, files):
    """Fills the tables from {path: text} and returns the findings."""
    findings = []
    for path, text in sorted(files.items()):
        for place, name, rows in marks_of(contract, path, text):
            if rows is None:
                findings.append(Finding(place, f"the contract has no `{name}`; contract_rows.txt lists what it has"))
            for row in rows or []:
                contract.by_row[row].covered.setdefault(row, []).append(place)
    for table in contract.tables:
        for row in table.rows:
            if table.whole and row not in table.covered:
                findings.append(Finding("contract_rows.txt", f"`{row}` ({table.words}) has lost its test"))
    return findings


def read_tests(root):
    tests = pathlib.Path(root, "tests")
    corpus = tests / "fuzz/corpus"  # bytes of any kind
    paths = [path for path in tests.rglob("*") if path.suffix in (".cpp", ".hpp", ".txt") and corpus not in path.parents]
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in paths}
