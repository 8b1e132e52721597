"""Makes, of each lock-free structure, copies that the explorer can run: the original, and its weakened twins.

    core/engine/lanes/spsc_ring.hpp ──┬─▶ namespace twins::spsc_ring::Original      model types instead of std's
    twin_table.py: one edit a twin  ──┘   namespace twins::spsc_ring::NumberRelaxed   ... and one order weaker

The copy is the real text: only includes, namespaces and the names in SUBSTITUTES are exchanged, and #line keeps the
real file and line in what the explorer prints. An edit must match its text exactly once, so that code and twins
cannot drift apart; and every order stronger than relaxed must lie within the edit of some twin.

usage: make_twins.py SOURCE_ROOT STRUCTURE OUTPUT
"""
import pathlib
import re
import sys

from twin_table import STRUCTURES

SUBSTITUTES = [
    (r"std::atomic<", "model::Atomic<"),
    (r"std::is_trivially_copyable_v<", "model::is_item_v<"),
    (r"std::memcpy\(", "model::copy("),
    (r"\bPHAL_ENFORCE\(", "MODEL_ENFORCE("),
    (r"\bfriend class Arena;", "friend class ::phalarope::Arena;"),
]
STRONGER_THAN_RELAXED = re.compile(
    r"memory_order_(?:acquire|release|acq_rel|seq_cst)|\.(?:exchange|store|load)\((?![^;]*memory_order)")


def die(text):
    sys.exit(f"make_twins.py: {text}")


def blank_comments(text):
    """The same text, its comments blanked: positions and lines stay."""
    return re.sub(r"//[^\n]*", lambda comment: " " * len(comment[0]), text)


def span_of(name, edit, sources):
    """Where the edit's text stands: (path, from, to)."""
    found = [(path, text.index(edit[0])) for path, text in sources.items() for _ in range(text.count(edit[0]))]
    if len(found) != 1:
        die(f"{name}: stands {len(found)} times, not once, in {', '.join(sources)}: {edit[0]!r}")
    path, at = found[0]
    return path, at, at + len(edit[0])


def check_every_order_has_a_twin(structure, sources):
    covered = [span_of(twin.name, edit, sources) for twin in structure.twins for edit in twin.edits]
    for path, text in sources.items():
        for order in STRONGER_THAN_RELAXED.finditer(blank_comments(text)):
            if not any(path == where and at <= order.start() < end for where, at, end in covered):
                line = text.count("\n", 0, order.start()) + 1
                die(f"{path}:{line}: no twin weakens this {order[0]}; write one into twin_table.py")


def modelled(path, text, namespace):
    text = re.sub(r"^(#pragma once|#include .*)$", "", text, flags=re.M)
    text = re.sub(r"^namespace phalarope(::hal)? \{$", f"namespace {namespace} {{", text, flags=re.M)
    text = re.sub(r"^\}  // namespace phalarope(::hal)?$", "}", text, flags=re.M)
    for pattern, better in SUBSTITUTES:
        text = re.sub(pattern, better, text)
    return f'#line 1 "{path}"\n{text}\n'


def main():
    root, name, output = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    structure = STRUCTURES[name]
    sources = {path: (root / path).read_text("utf-8") for path in structure.files}
    check_every_order_has_a_twin(structure, sources)
    headers = sorted({line for text in sources.values() for line in re.findall(r"^#include .*$", text, re.M)} -
                     {f'#include "{path}"' for path in structure.files})
    parts = [f"// Made by make_twins.py of {', '.join(structure.files)}.\n#pragma once\n", "\n".join(headers),
             '\n#include "tests/model/atomic.hpp"\n']
    for twin_name, edits in [("Original", [])] + [(twin.name, twin.edits) for twin in structure.twins]:
        edited = dict(sources)
        for edit in edits:
            path = span_of(twin_name, edit, edited)[0]
            edited[path] = edited[path].replace(*edit)
        namespace = f"phalarope::twins::{name}::{twin_name}"
        parts += [modelled(path, text, namespace) for path, text in edited.items()]
    for kind, fails in (("FAILING", True), ("SOUND", False)):
        members = " ".join(f"X({twin.name})" for twin in structure.twins if twin.fails == fails)
        parts.append(f"#define {name.upper()}_{kind}_TWINS(X) {members}\n")
    output.write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    main()
