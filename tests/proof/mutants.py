"""The mutants of a file: each row of its tables deleted or bent, each comparison and each and/or turned round.

    text ──▶ mutants(text) ──▶ Mutant(line, what, text with that one change)

Line-based, with as much of C++ as that needs: comments, strings, assertions and what only the compiler walks
(static_assert, consteval) are left alone; clang-format sees to it that an operator stands between blanks and a
template's bracket does not. Deleting a row shortens the list and leaves the array its size, so the last row becomes
zeros. Tested by mutants_test.py.
"""
import collections
import dataclasses
import re

FLIPS = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&"}
OPERATOR = re.compile(r"(?<= )(==|!=|<=|>=|<|>|&&|\|\|)(?= |$)")
WORDS_MAX = 80  # of a line or a row, in what is said of its mutant
TABLE = re.compile(r"\bconstexpr (?:std::array<.*?>|[A-Z]\w*) (\w+)(?:\[\w*\])?\s*=?\s*(\{)")
MEMBER = re.compile(r"\b(\w+)::(\w+)\b")
LEFT_ALONE = re.compile(r"\b(static_assert|PHAL_ASSERT|PHAL_ENFORCE|consteval|requires)\b|operator|^\s*#|template")


@dataclasses.dataclass(frozen=True)
class Mutant:
    line: int
    what: str
    text: str


def blanked(text):
    """The text with comments and strings as blanks: positions stay what they are."""
    spaces = lambda match: re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', spaces, text, flags=re.S)


def closing(code, opening):
    """Where the brace opened at `opening` is closed."""
    depth = 0
    for at in range(opening, len(code)):
        depth += (code[at] == "{") - (code[at] == "}")
        if depth == 0:
            return at
    return len(code)


def spans_left_alone(code):
    """Whole statements, or whole functions, that no mutant touches."""
    for match in LEFT_ALONE.finditer(code):
        end = re.compile(r"[;{]").search(code, match.end())
        if end is None:
            yield match.start(), len(code)
        elif end[0] == "{" and "consteval" in match[0]:
            yield match.start(), closing(code, end.start())
        elif "#" in match[0] or "template" in match[0]:
            yield match.start(), code.find("\n", match.end())
        else:
            yield match.start(), end.start()


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def rows_of(code, first, last):
    """(start, end) of each braced row between the braces of a table."""
    at = first
    while (start := code.find("{", at, last)) >= 0:
        end = closing(code, start)
        yield start, end + 1
        at = end + 1


def table_mutants(text, code):
    for table in TABLE.finditer(code):
        if "<" not in table[0] and "[" not in table[0]:
            continue
        first, last = table.start(2) + 1, closing(code, table.start(2))
        if code[first:first + 1] == "{" and closing(code, first) == last - 1:  # std::array's second pair of braces
            first, last = first + 1, last - 1
        rows = list(rows_of(code, first, last))
        names = {}
        for kind, name in MEMBER.findall(code[first:last]):
            names.setdefault(kind, [])
            if name not in names[kind]:
                names[kind].append(name)
        for start, end in rows:
            comma = end + 1 if code[end:end + 1] == "," else end
            row = " ".join(text[start:end].split())[:WORDS_MAX]
            yield Mutant(line_of(text, start), f"{table[1]}: row deleted: {row}", text[:start] + text[comma:])
            for member in MEMBER.finditer(code, start, end):
                others = names[member[1]]
                if len(others) > 1:
                    bent = f"{member[1]}::{others[(others.index(member[2]) + 1) % len(others)]}"
                    yield Mutant(line_of(text, member.start()), f"{table[1]}: {member[0]} -> {bent} in: {row}",
                                 text[:member.start()] + bent + text[member.end():])
        if not rows:  # a plain list: each neighbour pair changes places
            members = list(MEMBER.finditer(code, first, last))
            for one, two in zip(members, members[1:]):
                yield Mutant(line_of(text, one.start()), f"{table[1]}: {one[0]} and {two[0]} change places",
                             text[:one.start()] + two[0] + text[one.end():two.start()] + one[0] + text[two.end():])


def operator_mutants(text, code):
    alone = list(spans_left_alone(code))
    for operator in OPERATOR.finditer(code):
        at = operator.start()
        if any(start <= at <= end for start, end in alone):
            continue
        flipped = FLIPS[operator[1]]
        line = line_of(text, at)
        words = text.splitlines()[line - 1].strip()
        yield Mutant(line, f"{operator[1]} -> {flipped} in: {words[:WORDS_MAX]}", text[:at] + flipped + text[operator.end():])


def mutants(text):
    """In the order of the text's tables, then of its operators; what is said of each is said of no other."""
    code, said = blanked(text), collections.Counter()
    for mutant in [*table_mutants(text, code), *operator_mutants(text, code)]:
        said[mutant.what] += 1
        number = said[mutant.what]
        yield mutant if number == 1 else dataclasses.replace(mutant, what=f"{mutant.what} (the same, {number})")
