#!/usr/bin/env python3
"""The test of the evolution check: each kind of break is named, each addition passes. evolution_test.py SCHEMAS"""
import contextlib
import copy
import io
import json
import pathlib
import sys
import tempfile
import unittest

SCHEMAS = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(SCHEMAS))
import check_evolution  # noqa: E402
import evolution_fbs  # noqa: E402
import evolution_json  # noqa: E402

FBS = """
namespace a.b;
enum Lane : ubyte { control = 0, data = 1 }
union Body { one: T, two: U }
struct S { x: int; y: Lane; }
table U { text: string (required); }
table T {
  first: long = null;  // a comment
  second: [string];
  lane: Lane = data;
  s: S;
}
table R { body: Body; }
root_type R;
file_identifier "ABCD";
"""

# what is replaced, by what, and what must be said
FBS_BREAKS = [
    ("  second: [string];\n", "", "a.b.T.second: field removed"),
    ("  s: S;\n", "", "a.b.T.s: field removed"),
    ("first: long", "first: int", "a.b.T.first: type changed from long to int"),
    ("second: [string]", "second: string", "a.b.T.second: type changed from [string] to string"),
    ("  first: long = null;  // a comment\n  second: [string];\n", "  second: [string];\n  first: long = null;\n",
     "a.b.T.first: moved from place 0 to 1"),
    ("  first: long", "  zeroth: long;\n  first: long", "a.b.T.first: moved from place 0 to 1"),
    ("lane: Lane = data", "lane: Lane", "a.b.T.lane: default changed from data to none"),
    ("long = null", "long", "a.b.T.first: default changed from null to none"),
    ("second: [string]", "second: [string] (required)", "a.b.T.second: required added"),
    ("string (required)", "string", "a.b.U.text: required removed"),
    ("  s: S;\n", "  s: S;\n  late: string (required);\n", "a.b.T.late: a new field is required"),
    ("first: long", "renamed: long", "a.b.T.first: field removed"),
    ("data = 1", "data = 2", "a.b.Lane.data: number changed from 1 to 2"),
    (", data = 1", "", "a.b.Lane.data: member removed"),
    ("data = 1", "voice = 1", "a.b.Lane.data: member removed"),
    ("Lane : ubyte", "Lane : ushort", "a.b.Lane: stored as ushort instead of ubyte"),
    ("Lane : ubyte", "Lane : ubyte (bit_flags)", "a.b.Lane: attributes changed"),
    ("x: int; y: Lane;", "x: int; y: Lane; z: int;", "a.b.S: struct layout changed (gone: none; new: z: int)"),
    ("x: int; y: Lane;", "y: Lane; x: int;", "a.b.S: struct layout changed"),
    ("x: int;", "x: uint;", "a.b.S: struct layout changed (gone: x: int; new: x: uint)"),
    ("struct S", "table S", "a.b.S: was a struct, is a table"),
    ("one: T, two: U", "two: U, one: T", "a.b.Body.one: number changed from 1 to 2"),
    ("one: T, two: U", "one: T", "a.b.Body.two: member removed"),
    ("two: U", "two: T", "a.b.Body.two: type changed from a.b.U to a.b.T"),
    ("union Body", "union Other", "a.b.Body: union removed"),
    ("root_type R", "root_type T", "root_type changed from R to T"),
    ('"ABCD"', '"ABCE"', 'file_identifier changed from "ABCD" to "ABCE"'),
]

FBS_ADDITIONS = [
    ("  s: S;\n", "  s: S;\n  late: string;\n"),
    ("data = 1", "data = 1, telemetry = 2"),
    ("two: U", "two: U, three: R"),
    ("table R", "table New { x: int; }\ntable R"),
    ("second: [string];", "second: [string] (deprecated);"),
    ("lane: Lane", "lane: a.b.Lane"),
    ("// a comment", "/* another\n comment */"),
]

DOCUMENT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "lane": {"type": "string", "enum": ["data", "control"]},
        "name": {"type": "string", "minLength": 1},
        "depth": {"type": "integer", "minimum": 0, "maximum": 9},
        "list": {"type": "array", "items": {"type": "string", "pattern": "^a"}, "maxItems": 3},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "one": {"$ref": "#/definitions/inner"},
    },
    "required": ["lane"],
    "additionalProperties": False,
    "definitions": {"inner": {"type": "object", "properties": {"x": {"type": "boolean"}}}},
    "allOf": [
        {"$comment": "C1", "if": {"properties": {"lane": {"const": "data"}}, "required": ["lane"]},
         "then": {"required": ["name"]}},
        {"$comment": "C2", "anyOf": [{"required": ["name"]}, {"required": ["depth"]}]},
    ],
}


def at(*path):
    """A function that sets (or, given None, removes) what stands at a path."""
    def change(document, value):
        for step in path[:-1]:
            document = document[step]
        if value is None:
            del document[path[-1]]
        else:
            document[path[-1]] = value
    return change


JSON_BREAKS = [
    (at("properties", "name"), None, "name: member removed"),
    (at("properties", "lane", "enum"), ["data"], 'lane: enum narrowed, lost "control"'),
    (at("properties", "name", "enum"), ["a", "b"], "name: newly limited to"),
    (at("properties", "name", "const"), "a", "name: newly limited to"),
    (at("required"), ["lane", "name"], "name: newly required"),
    (at("properties", "name", "type"), "integer", "name: type changed from string to integer"),
    (at("properties", "name", "minLength"), 2, "name: minLength raised from 1 to 2"),
    (at("properties", "depth", "minimum"), 1, "depth: minimum raised from 0 to 1"),
    (at("properties", "depth", "maximum"), 8, "depth: maximum lowered from 9 to 8"),
    (at("properties", "name", "maxLength"), 8, "name: maxLength lowered from none to 8"),
    (at("properties", "list", "items", "pattern"), "^b", "list[items]: pattern added or changed"),
    (at("properties", "list", "uniqueItems"), True, "list: uniqueItems added or changed"),
    (at("properties", "map", "additionalProperties"), False, "map[additionalProperties]: anything was allowed"),
    (at("properties", "map", "propertyNames"), {"minLength": 1}, "map[propertyNames]"),
    (at("definitions", "inner", "required"), ["x"], "one.x: newly required"),
    (at("allOf", 0, "then", "required"), ["name", "depth"], "depth: newly required"),
    (at("allOf", 0, "if", "required"), ["name"], "new condition: C1"),
    (at("allOf", 1, "anyOf"), [{"required": ["name"]}], "an alternative was removed"),
    (at("properties", "name", "oddKeyword"), 1, "name: oddKeyword added or changed"),
]
JSON_ADDITIONS = [
    (at("properties", "late"), {"type": "string", "minLength": 3}),
    (at("properties", "lane", "enum"), ["data", "control", "telemetry"]),
    (at("properties", "name", "minLength"), None),
    (at("properties", "depth", "maximum"), 10),
    (at("properties", "name", "description"), "said better"),
    (at("required"), None),
    (at("allOf", 1, "anyOf"), [{"required": ["name"]}, {"required": ["depth"]}, {"required": ["list"]}]),
    (at("allOf"), DOCUMENT["allOf"] + [{"if": {"properties": {"lane": {"const": "new"}}}, "then": {"required": ["one"]}}]),
    (at("allOf"), DOCUMENT["allOf"] + [{"if": {"required": ["late"]}, "then": {"required": ["one"]}}]),
]


class Fbs(unittest.TestCase):
    def said(self, before, after):
        self.assertIn(before, FBS)
        return list(evolution_fbs.breaks({"f.fbs": FBS}, {"f.fbs": FBS.replace(before, after, 1)}))

    def test_each_break_is_named(self):
        for before, after, expected in FBS_BREAKS:
            said = self.said(before, after)
            self.assertTrue(any(expected in one for one in said), f"{before!r} -> {after!r}: {said}")

    def test_additions_pass(self):
        for before, after in FBS_ADDITIONS:
            self.assertEqual(self.said(before, after), [], after)

    def test_a_lost_file_is_named(self):
        self.assertIn("f.fbs: file removed", list(evolution_fbs.breaks({"f.fbs": FBS}, {})))

    def test_what_the_check_cannot_read_is_no_silent_pass(self):
        for text in ["table T { x: int; } @", "rpc_service S { }", "table T { x int; }"]:
            with self.assertRaises(ValueError):
                list(evolution_fbs.breaks({"f.fbs": FBS}, {"f.fbs": text}))


class Documents(unittest.TestCase):
    def said(self, change, value):
        changed = copy.deepcopy(DOCUMENT)
        change(changed, value)
        return list(evolution_json.breaks(DOCUMENT, changed))

    def test_each_break_is_named(self):
        for change, value, expected in JSON_BREAKS:
            said = self.said(change, value)
            self.assertTrue(any(expected in one for one in said), f"{expected}: {said}")

    def test_additions_pass(self):
        for change, value in JSON_ADDITIONS:
            self.assertEqual(self.said(change, value), [], value)

    def test_what_is_published_does_not_break_itself(self):
        for path in (SCHEMAS / "json").glob("*.schema.json"):
            schema = json.loads(path.read_text("utf-8"))
            self.assertEqual(list(evolution_json.breaks(schema, schema)), [])


class WholeCheck(unittest.TestCase):
    """The command over a copy of the real schemas."""

    def check(self, path, before, after):
        with tempfile.TemporaryDirectory() as folder:
            current = pathlib.Path(folder)
            (current / "json").mkdir()
            for file in [*(SCHEMAS / "baseline").glob("*.fbs"), *(SCHEMAS / "baseline/json").glob("*.json")]:
                text = file.read_text("utf-8")
                name = file.relative_to(SCHEMAS / "baseline")
                if str(name) == path:
                    self.assertIn(before, text)
                    text = text.replace(before, after, 1)
                (current / name).write_text(text, "utf-8")
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = check_evolution.main([str(current), str(SCHEMAS / "baseline")])
            return code, said.getvalue()

    def test_the_baseline_does_not_break_itself(self):
        self.assertEqual(self.check("", "", ""), (0, ""))

    def test_flatc_and_the_own_check_both_speak(self):
        code, said = self.check("plan.fbs", "graph_definition_ref: string;", "graph_definition_ref: long;")
        self.assertEqual(code, 1)
        self.assertIn("flatc --conform", said)
        self.assertIn("type changed from string to long", said)

    def test_a_lost_trailing_field_which_flatc_lets_pass_is_named(self):
        code, said = self.check("event.fbs", "  flags: ubyte;                 // 127  EventFlag bits 0-7\n", "")
        self.assertEqual(code, 1)
        self.assertIn("Event: struct layout changed (gone: flags: ubyte", said)

    def test_an_added_event_kind_passes(self):
        self.assertEqual(self.check("event.fbs", "command_apology = 783", "command_nap = 1000, command_apology = 783"),
                         (0, ""))

    def test_a_narrowed_artifact_is_named(self):
        code, said = self.check("json/turn_transition.schema.json", '"Idle","Opening"', '"Opening"')
        self.assertEqual(code, 1)
        self.assertIn('enum narrowed, lost "Idle"', said)

    def test_nothing_to_compare_with_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(check_evolution.main([str(SCHEMAS), folder]), 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
