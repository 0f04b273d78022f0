#!/usr/bin/env python3
"""Is the table of docs/models.md that of models.json, and is that file sound?

    models.py --print    prints the table as it has to be

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import sys

import pages
import plugin
import tap

PAGE = "docs/models.md"
COLUMNS = ["model", "properties", "in extra-parameters"]
OF_ENTRIES = {"like", "generic", "makes", "fields", "wants", "not_both",
              "either", "instead", "rules"}
TYPES = {"string", "integer", "number", "boolean", "array", "object"}


def merge(base, changes):
    """What an entry "like" another one comes to."""
    merged = dict(base)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(base.get(name), dict):
            merged[name] = merge(base[name], value)
        else:
            merged[name] = value
    return merged


def load():
    """All entries, by their models."""
    entries = json.loads(pages.read("gst/foxapi/models.json"))
    for name, entry in entries.items():
        if "like" in entry:
            entries[name] = merge(entries[entry["like"]], entry)
    return entries


def as_list(value):
    """One, several or none."""
    return value if isinstance(value, list) else [value] if value else []


def properties_of(name, rule, known):
    """The properties that a field, or its members, are made of."""
    found = as_list(rule.get("property"))
    for member in rule.get("members", {}).values():
        found = found + as_list(member.get("property"))
    own = name.replace("_", "-")
    return found or ([own] if own in known else [])


def row(model, entry, known):
    """Of the table: what is required is bold."""
    properties, others = [], []
    for name, rule in entry["fields"].items():
        mark = "**" if rule.get("required") else ""
        names = properties_of(name, rule, known)
        properties += [f"{mark}`{one}`{mark}" for one in names]
        others += [] if names else [f"{mark}`{name}`{mark}"]
    title = "any other" if model == "*" else f"`{model}`"
    return [title, ", ".join(properties),
            "not checked" if entry.get("generic") else ", ".join(others)]


def check_rule(points, where, rule, known):
    """A field's part of an entry."""
    points.check(set(as_list(rule.get("type"))) <= TYPES and rule.get("type"),
                 f"{where}: a type", rule)
    points.check(set(as_list(rule.get("property"))) <= known,
                 f"{where}: properties", rule)
    for name, member in rule.get("members", {}).items():
        check_rule(points, f"{where}.{name}", member, known)


def main(points):
    """Checks the entries and the table, or prints it."""
    entries = load()
    known = {spec.name for spec in plugin.own_properties(plugin.source())}
    rows = [row(model, entry, known) for model, entry in entries.items()]
    if sys.argv[1:2] == ["--print"]:
        for cells in [COLUMNS, ["---"] * len(COLUMNS)] + rows:
            print("| " + " | ".join(cells) + " |")
        sys.exit()
    for model, entry in entries.items():
        points.check(set(entry) <= OF_ENTRIES, f"{model}: what an entry has",
                     *(set(entry) - OF_ENTRIES))
        for name, rule in entry["fields"].items():
            check_rule(points, f"{model}: {name}", rule, known)
        for rule in entry.get("rules", []):
            names = {one[0] for one in (rule.get("if"), rule.get("then")) if one}
            names |= set(rule.get("needs", [])) | set(rule.get("fields", []))
            points.check(names <= set(entry["fields"]) and
                         ("if" in rule) != ("max_items" in rule),
                         f"{model}: rules", rule)
    tables = list(pages.Page(PAGE).find_tables("model"))
    said = [list(one) for table in tables for one in table.rows]
    for cells in rows:
        points.check(cells in said, f"{PAGE}: {cells[0]}", f"code: {cells}")
    points.check(len(said) == len(rows), f"{PAGE}: each model once")


if __name__ == "__main__":
    tap.main(main)
