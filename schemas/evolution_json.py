"""JSON Schemas against their baseline: is a document that was valid still valid, and is no member lost?

    old schema ─┐
                ├─ walked together ──▶ sentences, each naming the path and what became narrower
    new schema ─┘

Conditions (allOf) are paired by their $comment and their `if`; one about a value that the baseline never names cannot
hurt a document of before. A keyword this check does not know must stay as it is.
"""
import json

ANNOTATIONS = {"$schema", "$id", "$comment", "title", "description", "default", "examples", "definitions"}
LOWER_BOUNDS = {"minimum", "minLength", "minItems", "minProperties"}
UPPER_BOUNDS = {"maximum", "maxLength", "maxItems", "maxProperties"}
# Walked by functions of their own.
WALKED = {"properties", "required", "additionalProperties", "propertyNames", "items", "allOf", "anyOf", "enum", "const",
          "type", "if", "then", "$ref"}


class Comparison:
    def __init__(self, old_root, new_root):
        self.old_root, self.new_root = old_root, new_root
        self.old_text = json.dumps(old_root)

    def resolve(self, schema, root):
        while isinstance(schema, dict) and "$ref" in schema:
            target = root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema

    def compare(self, old, new, path):
        old, new = self.resolve(old, self.old_root), self.resolve(new, self.new_root)
        if isinstance(old, bool) or isinstance(new, bool):
            if new is not True and old is not False and old != new:
                yield f"{path or '(document)'}: anything was allowed and no longer is"
            return
        yield from self.members(old, new, path)
        yield from self.values(old, new, path)
        yield from self.conditions(old, new, path)

    def members(self, old, new, path):
        closed = new.get("additionalProperties") is False
        for name, schema in old.get("properties", {}).items():
            where = f"{path}.{name}" if path else name
            if name in new.get("properties", {}):
                yield from self.compare(schema, new["properties"][name], where)
            elif closed or "properties" in new:
                yield f"{where}: member removed"
        for name in new.get("required", []):
            if name not in old.get("required", []):
                yield f"{path + '.' if path else ''}{name}: newly required"
        for keyword in ("additionalProperties", "propertyNames", "items"):
            if keyword in new:
                yield from self.compare(old.get(keyword, True), new[keyword], f"{path}[{keyword}]")

    def values(self, old, new, path):
        where = path or "(document)"
        old_values, new_values = allowed_values(old), allowed_values(new)
        if new_values is not None:
            lost = [value for value in old_values if value not in new_values] if old_values is not None else None
            if lost is None:
                yield f"{where}: newly limited to {', '.join(new_values)}"
            elif lost:
                yield f"{where}: enum narrowed, lost {', '.join(lost)}"
        if "type" in new and new["type"] != old.get("type"):
            yield f"{where}: type changed from {old.get('type', 'any')} to {new['type']}"
        for keyword in sorted(LOWER_BOUNDS & new.keys()):
            if new[keyword] > old.get(keyword, float("-inf")):
                yield f"{where}: {keyword} raised from {old.get(keyword, 'none')} to {new[keyword]}"
        for keyword in sorted(UPPER_BOUNDS & new.keys()):
            if new[keyword] < old.get(keyword, float("inf")):
                yield f"{where}: {keyword} lowered from {old.get(keyword, 'none')} to {new[keyword]}"
        for keyword in sorted(new.keys() - ANNOTATIONS - LOWER_BOUNDS - UPPER_BOUNDS - WALKED):
            if new[keyword] != old.get(keyword) and new[keyword] is not False:
                yield f"{where}: {keyword} added or changed"

    def conditions(self, old, new, path):
        where = path or "(document)"
        if "if" in new and new["if"] != old.get("if"):
            yield f"{where}: condition added or changed"
        elif "then" in new:
            yield from self.compare(old.get("then", True), new["then"], path)
        before = {condition_key(one): one for one in old.get("allOf", [])}
        for condition in new.get("allOf", []):
            same = before.get(condition_key(condition))
            if same is not None:
                yield from self.compare(same, condition, path)
            elif not self.is_about_a_new_value(condition):
                yield f"{where}: new condition: {condition.get('$comment', json.dumps(condition))}"
        if "anyOf" in new:
            kept = [bare(one) for one in new["anyOf"]]
            if any(bare(one) not in kept for one in old.get("anyOf", [])) or "anyOf" not in old:
                yield f"{where}: an alternative was removed or changed"

    def is_about_a_new_value(self, condition):
        """Of a value or a member that the baseline never names."""
        about = condition.get("if", {})
        named = [schema["const"] for schema in about.get("properties", {}).values() if "const" in schema]
        return any(json.dumps(one) not in self.old_text for one in named + about.get("required", []))


def allowed_values(schema):
    if "const" in schema:
        return [json.dumps(schema["const"])]
    return [json.dumps(value) for value in schema["enum"]] if "enum" in schema else None


def bare(schema):
    return json.dumps({name: value for name, value in schema.items() if name != "$comment"}, sort_keys=True)


def condition_key(condition):
    return json.dumps([condition.get("$comment"), condition.get("if")], sort_keys=True)


def breaks(old, new):
    """Sentences on what documents of before would stumble over."""
    return Comparison(old, new).compare(old, new, "")
