"""FlatBuffers schemas against their baseline: what a reader of yesterday's bytes would stumble over.

    text ──parse──▶ Definition by full name ──compare──▶ sentences, each naming the definition and the lost thing

`flatc --conform` looks first (check_evolution.py); it does not see a table, an enum or a trailing field that is gone,
a struct that grew, a new `required`, or a file's identifier. This does. It reads the part of the language that the
house uses and refuses the rest aloud.
"""
import dataclasses
import re

TOKEN = re.compile(r'"[^"]*"|[A-Za-z_][\w.]*|-?\d+|[{}()\[\]:;,=]')
SCALARS = {"bool", "byte", "ubyte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "string",
           "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"}


@dataclasses.dataclass
class Member:
    name: str
    type: str = ""       # of a field or union member, names in full
    value: str = ""      # an enum member's number; a field's default
    attributes: tuple = ()


@dataclasses.dataclass
class Definition:
    kind: str            # table, struct, enum, union, or file for what a file says of itself
    name: str
    path: str            # the file it stands in
    base: str = ""       # an enum's underlying type
    attributes: tuple = ()
    members: list = dataclasses.field(default_factory=list)

    def member(self, name):
        return next((one for one in self.members if one.name == name), None)


class Parser:
    def __init__(self, path, text):
        self.path, self.namespace, self.definitions = path, "", []
        without_comments = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
        left = TOKEN.sub("", without_comments).strip()
        if left:
            raise ValueError(f"{path}: this check does not know {left.split()[0]!r}; teach it (schemas/evolution_fbs.py)")
        self.tokens = TOKEN.findall(without_comments)

    def take(self, *wanted):
        token = self.tokens.pop(0)
        if wanted and token not in wanted:
            raise ValueError(f"{self.path}: {token!r} where {' or '.join(wanted)} is expected")
        return token

    def taken(self, token):
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def parse(self):
        file = Definition("file", self.path, self.path)
        while self.tokens:
            word = self.take("namespace", "include", "table", "struct", "enum", "union", "root_type", "file_identifier",
                             "attribute")
            if word == "namespace":
                self.namespace = self.take()
            elif word in ("include", "attribute"):
                self.take()
            elif word in ("root_type", "file_identifier"):
                file.members.append(Member(word, value=self.take()))
            else:
                self.definitions.append(self.definition(word))
                continue
            self.take(";")
        return [file] + self.definitions

    def definition(self, kind):
        definition = Definition(kind, f"{self.namespace}.{self.take()}", self.path)
        if kind == "enum":
            self.take(":")
            definition.base = self.take()
        definition.attributes = self.attributes()
        self.take("{")
        while not self.taken("}"):
            definition.members.append(self.field() if kind in ("table", "struct") else self.listed(definition))
        return definition

    def field(self):
        member = Member(self.take())
        self.take(":")
        member.type = self.type()
        if self.taken("="):
            member.value = self.take()
        member.attributes = self.attributes()
        self.take(";")
        return member

    def listed(self, definition):
        """A member of an enum or a union."""
        member = Member(self.take())
        if definition.kind == "union":
            member.type = self.type() if self.taken(":") else member.name
            member.value = str(len(definition.members) + 1)
        elif self.taken("="):
            member.value = self.take()
        else:
            member.value = str(int(definition.members[-1].value) + 1) if definition.members else "0"
        if not self.taken(","):
            if self.tokens[0] != "}":
                self.take(",", "}")
        return member

    def type(self):
        if self.taken("["):
            inner = self.type()
            self.take("]")
            return f"[{inner}]"
        return self.take()

    def attributes(self):
        found = []
        if self.taken("("):
            while not self.taken(")"):
                text = self.take()
                if self.taken(":"):
                    text += ":" + self.take()
                found.append(text)
                self.taken(",")
        return tuple(sorted(found))


def parse_all(files):
    """{path: text} as {full name: Definition}, types by their full names."""
    definitions = {one.name: one for path, text in files.items() for one in Parser(path, text).parse()}
    for definition in definitions.values():
        for member in definition.members:
            member.type = re.sub(r"[A-Za-z_][\w.]*", lambda found: full_name(found[0], definition.name, definitions),
                                 member.type)
    return definitions


def full_name(name, inside, definitions):
    if name in SCALARS:
        return name
    scope = inside.split(".")[:-1]
    for depth in range(len(scope), -1, -1):
        candidate = ".".join(scope[:depth] + [name])
        if candidate in definitions:
            return candidate
    return name


def compare_table(old, new):
    for place, field in enumerate(old.members):
        where = f"{old.name}.{field.name}"
        now = new.member(field.name)
        if now is None:
            yield f"{where}: field removed; mark it (deprecated) and leave it in its place"
            continue
        if new.members.index(now) != place:
            yield f"{where}: moved from place {place} to {new.members.index(now)}; new fields go to the end"
        if now.type != field.type:
            yield f"{where}: type changed from {field.type} to {now.type}; add a field of another name"
        if now.value != field.value:
            yield f"{where}: default changed from {field.value or 'none'} to {now.value or 'none'}; old bytes would say " \
                  "something else"
        for added in sorted({"required", "id"} & names(now) - names(field)):
            yield f"{where}: {added} added; bytes without it were sound until now"
        if "required" in names(field) - names(now):
            yield f"{where}: required removed; older readers refuse bytes without it"
    for field in new.members:
        if old.member(field.name) is None and "required" in names(field):
            yield f"{new.name}.{field.name}: a new field is required; no bytes of before have it"


def names(member):
    return {attribute.split(":")[0] for attribute in member.attributes}


def compare_struct(old, new):
    def layout(definition):
        return [f"{one.name}: {one.type}" for one in definition.members]
    if layout(old) != layout(new):
        gone = [one for one in layout(old) if one not in layout(new)]
        added = [one for one in layout(new) if one not in layout(old)]
        yield f"{old.name}: struct layout changed (gone: {', '.join(gone) or 'none'}; new: {', '.join(added) or 'none'}); " \
              "structs are frozen, take reserved bytes or a table"


def compare_enum(old, new):
    if old.base != new.base:
        yield f"{old.name}: stored as {new.base} instead of {old.base}"
    for member in old.members:
        now = new.member(member.name)
        if now is None:
            yield f"{old.name}.{member.name}: member removed; its number {member.value} is in recordings"
        elif now.value != member.value:
            yield f"{old.name}.{member.name}: number changed from {member.value} to {now.value}"
        elif now.type != member.type:
            yield f"{old.name}.{member.name}: type changed from {member.type} to {now.type}"


def compare_file(old, new):
    for member in old.members:
        now = new.member(member.name)
        if now is None or now.value != member.value:
            yield f"{member.name} changed from {member.value} to {now.value if now else 'none'}"


COMPARE = {"table": compare_table, "struct": compare_struct, "enum": compare_enum, "union": compare_enum,
           "file": compare_file}


def compare(old, new):
    if new is None:
        yield f"{old.kind} removed" if old.kind == "file" else f"{old.name}: {old.kind} removed"
    elif new.kind != old.kind:
        yield f"{old.name}: was a {old.kind}, is a {new.kind}"
    else:
        if old.attributes != new.attributes:
            yield f"{old.name}: attributes changed from {old.attributes} to {new.attributes}"
        yield from COMPARE[old.kind](old, new)


def breaks(old_files, new_files):
    """Sentences on what would break; {path: text} before and now."""
    old, new = parse_all(old_files), parse_all(new_files)
    for name, definition in old.items():
        for sentence in compare(definition, new.get(name)):
            yield f"{definition.path}: {sentence}"
