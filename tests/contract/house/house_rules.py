"""The rules of the house, each as a function from a tree to findings.

    source text ──▶ Tree ──▶ rule(tree) ──▶ Finding(path, line, rule, what is wrong and what is better)

A rule looks at text only; what the engine really calls is read from its object files (house_symbols.py). A finding
is an error unless it is a second look. Rules serve design.md (arrows, the card's top level) and the style page.
"""
import dataclasses
import pathlib
import re

FILE_LINES_SECOND_LOOK = 400
FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 120
FUNCTION_LINES_MAX = 70
README_LINES_MIN = 8
SYNC_REACH_LINES = 10  # how far below its comment an atomic operation may stand

# Bottom to top: a room of the engine may include itself and what stands left of it.
ENGINE_ROOMS = ["base", "memory", "time", "lanes", "sync", "turn", "plan", "graph", "evidence", "session"]
# Rooms of core stand side by side and see only the engine. The exception: telemetry reads what replay reads, a recording,
# and a second reader of its names and JSON would be a second truth; fleet takes ids and settings as telemetry resolves them.
CORE_ARROWS = {("telemetry", "replay"), ("fleet", "telemetry")}
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "toolchains", "core", "hal", "boards", "schemas", "tests", "bench",
             "firmware_images", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "dev"}
# Built here by people and CI; ignored by git.
NOT_OURS = {"build", "phalarope-demo", "phalarope-talk", "phalarope-artifacts", "phalarope-fork", "phalarope-tutor"}
SOURCE_ROOTS = ["core", "hal", "firmware_images", "tests", "bench"]
PRODUCT_ROOTS = ("core/", "hal/", "firmware_images/")

# What the heart does without, and what to take instead. Calls are also read from the symbols; these are the words
# that leave no symbol behind.
ENGINE_WORDS = [
    (r"\bstd::function\b", "std::function may allocate; take FunctionRef (base/function_ref.hpp)"),
    (r"\bthrow\b", "errors are values; return Result<T, E> (base/result.hpp)"),
    (r"\btry\s*\{|\bcatch\s*\(", "errors are values; return Result<T, E> (base/result.hpp)"),
    (r"\bdynamic_cast\b|\btypeid\b", "there is no RTTI in the heart; switch over an enum"),
    (r"\b(float|double)\b", "step uses integers only, so that digests agree on every processor (decisions.md D23)"),
    (r"\bstd::(vector|string|map|unordered_map|deque|list|shared_ptr|unique_ptr|make_unique)\b",
     "it allocates; take a fixed container (base/) or memory of the arena (memory/)"),
    (r"\bstd::(mutex|lock_guard|unique_lock|condition_variable)\b", "the heart waits for nobody; hand over by a ring"),
    (r"_clock::now\b|\bclock_gettime\b", "time is an argument; only hal/host reads a clock"),
    (r"\bs?rand\s*\(|\bstd::(mt19937|random_device)\b", "randomness is an argument: a seeded generator in the state"),
    (r"#include <(iostream|fstream|sstream|thread|mutex|chrono|random|functional)>", "not a part of the heart"),
]
# Libraries of the outer world: never in core, and in hal only inside a .cpp.
DEVICE_HEADERS = re.compile(r"#include <(alsa/|opus/|opus\.h|sqlite3|curl/|speex/|pocketsphinx|sphinxbase/|flite|nats|"
                            r"webrtc|libwebsockets|microhttpd|spdlog/|mimalloc|CLI/)")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str
    second_look: bool = False

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


class Tree:
    """Every source file below a root, read once, by its path from the root."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.lines = {}
        for top in SOURCE_ROOTS:
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in (".cpp", ".hpp", ".h") and path.is_file():
                    self.lines[path.relative_to(self.root).as_posix()] = path.read_text("utf-8").split("\n")

    def product(self):
        return {path: lines for path, lines in self.lines.items() if path.startswith(PRODUCT_ROOTS)}


def without_comment(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def room_of(path):
    """("core", "engine", "lanes") for core/engine/lanes/x.hpp; ("core", "engine", "") for core/engine/x.hpp."""
    parts = path.split("/")[:-1]
    if parts[:2] == ["core", "engine"]:
        return ("core", "engine", parts[2] if len(parts) > 2 else "")
    return (parts[0], parts[1] if len(parts) > 1 else "", "")


def arrow_is_allowed(source, target):
    top, room, inner = room_of(source)
    to_top, to_room, to_inner = room_of(target)
    outward = ["core", "hal", "firmware_images"]
    if top not in outward or to_top not in outward:
        return True
    if top != to_top:
        return outward.index(to_top) < outward.index(top)
    if top != "core" or (room, inner) == (to_room, to_inner):
        return True
    if to_room != "engine":
        return (room, to_room) in CORE_ARROWS
    if room != "engine" or inner == "":
        return True
    return to_inner in ENGINE_ROOMS and inner in ENGINE_ROOMS and ENGINE_ROOMS.index(to_inner) < ENGINE_ROOMS.index(inner)


def arrows(tree):
    for path, lines in tree.product().items():
        for number, line in enumerate(lines, 1):
            included = re.match(r'#include "((?:core|hal|firmware_images|tests|bench)/[^"]+)"', line)
            simulates = path.startswith("firmware_images/") and included and included[1].startswith("tests/sim/")
            if simulates:
                continue  # `phalarope sim` ships the simulated world (design.md: the program's command)
            if included and included[1].startswith(("tests/", "bench/")):
                yield Finding(path, number, "arrows", f"the product never includes {included[1]}")
            elif included and not arrow_is_allowed(path, included[1]):
                yield Finding(path, number, "arrows", f"{'/'.join(filter(None, room_of(path)))} may not name "
                              f"{included[1]}; declare a port in the room that uses it")
            elif DEVICE_HEADERS.match(line) and path.startswith("core/"):
                yield Finding(path, number, "arrows", "core links no device, network or speech library; this is hal's")
            elif DEVICE_HEADERS.match(line) and path.startswith("hal/") and not path.endswith(".cpp"):
                yield Finding(path, number, "arrows", "a library's header stays inside a .cpp; forward-declare its type")


def engine_words(tree):
    for path, lines in tree.lines.items():
        if not path.startswith("core/engine/"):
            continue
        for number, line in enumerate(lines, 1):
            for pattern, better in ENGINE_WORDS:
                if re.search(pattern, without_comment(line)):
                    yield Finding(path, number, "heart", better)


def lengths(tree):
    for path, lines in tree.lines.items():
        count = len(lines) - 1
        if count > FILE_LINES_MAX:
            yield Finding(path, count, "length", f"{count} lines (at most {FILE_LINES_MAX}); which concept is missing?")
        elif count > FILE_LINES_SECOND_LOOK:
            yield Finding(path, count, "length", f"{count} lines: a second look", second_look=True)
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS_MAX:
                yield Finding(path, number, "length", f"{len(line)} columns (at most {LINE_COLUMNS_MAX})")


def signature_start(lines, index):
    """The line on which the declaration ending in `) ... {` at `index` begins: where its parentheses are balanced."""
    balance = 0
    for at in range(index, max(-1, index - 30), -1):
        code = without_comment(lines[at])
        balance += code.count(")") - code.count("(")
        if balance <= 0 and not code.lstrip().startswith((":", ",")):
            return at
    return index


def function_lengths(tree):
    opens = re.compile(r"\)[^;=]*\{\s*$")
    control = re.compile(r"\s*(\}\s*)?(else|if|for|while|switch|do|namespace|struct|class|enum|union|return)\b")
    for path, lines in tree.product().items():
        index = 0
        while index < len(lines):
            start = signature_start(lines, index) if opens.search(without_comment(lines[index])) else None
            indent = len(lines[start]) - len(lines[start].lstrip()) if start is not None else 99
            if indent > 2 or control.match(lines[start]):
                index += 1
                continue
            closing = re.compile(r"^ {%d}\}" % indent)
            end = next((at for at in range(index + 1, len(lines)) if closing.match(lines[at])), index)
            if end - start + 1 > FUNCTION_LINES_MAX:
                yield Finding(path, start + 1, "length", f"a function of {end - start + 1} lines (a screen is "
                              f"{FUNCTION_LINES_MAX}); leaves that are pure move out, control flow stays")
            index = max(end, index + 1)


def top_comments(tree):
    for path, lines in tree.lines.items():
        told_by_header = path.endswith(".cpp") and path[:-len(".cpp")] + ".hpp" in tree.lines
        if not lines[0].startswith("//") and not told_by_header:
            yield Finding(path, 1, "top comment", "a file begins by saying what it is, in one sentence or a screen")
        if path.endswith(".hpp") and "#pragma once" not in lines:
            yield Finding(path, 1, "header", "#pragma once is missing")


def unfinished(tree):
    for path, lines in tree.lines.items():
        for number, line in enumerate(lines, 1):
            if re.search(r"\b(FIXME|XXX|HACK)\b", line):
                yield Finding(path, number, "unfinished", "finish it, or write TODO(#issue) with the reason")
            elif re.search(r"\bTODO\b(?!\(#\d+\))", line):
                yield Finding(path, number, "unfinished", "a TODO carries its issue: TODO(#12)")
            elif re.search(r"(^|[\s\"'(])/(home/\w|root/|work/|tmp/\w+/)", line) and not path.startswith("tests/"):
                yield Finding(path, number, "unfinished", "a path of one machine does not belong in the product")


def atomic_sides(text):
    """Which side of a pair the atomic operations in `text` are: (releases, acquires)."""
    strong = "seq_cst" in text or bool(re.search(r"\.(exchange|fetch_\w+|compare_exchange_\w+)\((?![^;]*memory_order)",
                                                 text))
    plain_store = bool(re.search(r"\.store\((?![^;]*memory_order)", text))
    plain_load = bool(re.search(r"\.load\(\)", text))
    releases = strong or plain_store or bool(re.search(r"memory_order_(release|acq_rel)", text))
    acquires = strong or plain_load or bool(re.search(r"memory_order_(acquire|acq_rel)", text))
    return releases, acquires


def sync_pairs(tree):
    """Every SYNC(name) of a room stands at a release and at an acquire; every such operation carries a name."""
    sides = {}
    for path, lines in tree.product().items():
        named_through = -1
        for number, line in enumerate(lines):
            for name in re.findall(r"SYNC\((\w+)\)", line):
                near = [without_comment(each) for each in lines[number:number + SYNC_REACH_LINES + 1]]
                found = atomic_sides("\n".join(near))
                key = (room_of(path), name)
                first = sides.setdefault(key, [path, number + 1, False, False])
                first[2] |= found[0]
                first[3] |= found[1]
                named_through = number + SYNC_REACH_LINES
            bare = re.search(r"memory_order_(release|acquire|acq_rel)", without_comment(line))
            if bare and path.startswith("core/") and number > named_through:
                yield Finding(path, number + 1, "sync", f"a {bare[1]} has a name and a reason: // SYNC(name): what fails "
                              "if it were weaker")
    for (_, name), (path, number, releases, acquires) in sides.items():
        if not (releases and acquires):
            missing = "a release" if not releases else "an acquire"
            yield Finding(path, number, "sync", f"SYNC({name}) has no partner: this room names {missing} so nowhere")


def sync_twins(tree):
    """tests/model/README.md names every SYNC(name), with the twin that fails without it or who else looks after it."""
    readme = tree.root / "tests/model/README.md"
    told = set(re.findall(r"SYNC\((\w+)\)", readme.read_text("utf-8"))) if readme.exists() else set()
    for path, lines in tree.product().items():
        for number, line in enumerate(lines, 1):
            for name in re.findall(r"SYNC\((\w+)\)", line):
                if name not in told:
                    told.add(name)
                    yield Finding(path, number, "sync", f"tests/model/README.md has no row for SYNC({name}); which twin "
                                  "fails without it (tests/model/twin_table.py)?")


def readmes(tree):
    folders = {"toolchains", "core", "core/engine", "hal", "schemas", "boards", "tests", "tests/fuzz", "bench",
               "firmware_images"}
    folders |= {f"tests/{kind}" for kind in ("unit", "contract", "model", "sim", "integration", "fault")}
    folders |= {path.rsplit("/", 1)[0] for path in tree.product()}
    for folder in sorted(folders):
        readme = tree.root / folder / "README.md"
        if not (tree.root / folder).is_dir() or folder.endswith("/detail"):
            continue
        if not readme.exists():
            yield Finding(f"{folder}/README.md", 1, "readme", "each room says its promise, picture and reading order")
        elif len(readme.read_text("utf-8").splitlines()) < README_LINES_MIN:
            yield Finding(f"{folder}/README.md", 1, "readme", "promise, picture, files in reading order, what may be touched")


def top_level(tree):
    for entry in sorted(tree.root.iterdir()):
        if entry.name not in TOP_LEVEL | NOT_OURS and not entry.name.startswith("."):
            yield Finding(entry.name, 1, "top level", "the card has no such folder; where is its room?")


def tests_that_assert(tree):
    for path, lines in tree.lines.items():
        text = "\n".join(lines)
        if path.startswith("tests/") and re.search(r"^TEST(_F|_P)?\(", text, re.M):
            if not re.search(r"\b(EXPECT|ASSERT|RC_ASSERT|RC_FAIL|FAIL)", text):
                yield Finding(path, 1, "tests", "a test that asserts nothing cannot fail")


def test_mirrors(tree):
    """tests/unit/engine/lanes mirrors core/engine/lanes; tests/unit/hal/store mirrors hal/store."""
    for path in tree.lines:
        if not path.startswith("tests/unit/"):
            continue
        folder = path[len("tests/unit/"):].rpartition("/")[0]
        mirrored = folder if folder.startswith(("hal", "firmware_images")) else f"core/{folder}"
        if not (tree.root / mirrored).is_dir():
            yield Finding(path, 1, "mirror", f"there is no {mirrored} whose tests these could be")


RULES = [arrows, engine_words, lengths, function_lengths, top_comments, unfinished, sync_pairs, sync_twins, readmes, top_level,
         tests_that_assert, test_mirrors]


def check(root):
    tree = Tree(root)
    return [finding for rule in RULES for finding in rule(tree)]
