#!/usr/bin/env python3
"""Are the tables of each element's page those of the built plugin?

Each element of the plugin has a page docs/ELEMENT.md with tables whose first
column is `property`, `pad` and `signal`. Whatever is in the plugin has to be in
them, with its type, default and access, and nothing else.

    reference.py --print ELEMENT    prints the tables as they have to be

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import sys

import pages
import plugin
import tap

PROPERTY_COLUMNS = ["property", "type", "default", "access", "meaning"]
PAD_COLUMNS = ["pad", "direction", "presence", "caps"]


def property_row(spec):
    """What the plugin says of a property."""
    return [f"`{spec.name}`", plugin.type_of(spec), plugin.default_of(spec),
            plugin.access_of(spec)]


def print_row(cells):
    """A row of a table."""
    print("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")


def print_tables(factory):
    """The tables to begin a page with."""
    element = factory.create(None)
    print_row(PAD_COLUMNS)
    print_row(["---"] * len(PAD_COLUMNS))
    for pad in plugin.pads(factory):
        print_row(pad)
    print()
    print_row(PROPERTY_COLUMNS)
    print_row(["---"] * len(PROPERTY_COLUMNS))
    for spec in plugin.own_properties(element):
        print_row(property_row(spec) + [spec.blurb])
    if plugin.signals(element):
        print()
        print_row(["signal", "meaning"])
        print_row(["---"] * 2)
    for name in plugin.signals(element):
        print_row([f"`{name}`", "?"])


def rows_of(page, first_column):
    """The rows of all tables of that kind."""
    return [row for table in page.find_tables(first_column)
            for row in table.rows]


def check_names(points, page, kind, found):
    """Exactly these names are in the tables."""
    documented = [pages.code_of(row[0])[0] for row in rows_of(page, kind)]
    points.check(sorted(documented) == sorted(found),
                 f"{page.path}: every {kind}, once",
                 tap.differences(documented, found),
                 *(name for name in set(documented)
                   if documented.count(name) > 1))


def check_properties(points, page, element):
    """Names, types, defaults and access."""
    specs = plugin.own_properties(element)
    check_names(points, page, "property", [spec.name for spec in specs])
    rows = {row[0]: row for row in rows_of(page, "property")}
    for spec in specs:
        row = rows.get(f"`{spec.name}`")
        if row is None:
            continue
        said, found = row[:4], property_row(spec)
        points.check(said == found and row[4],
                     f"{page.path}: property {spec.name}",
                     f"docs: {said}", f"code: {found}")


def check_element(points, factory):
    """One element and its page."""
    path = os.path.join("docs", factory.get_name() + ".md")
    if not points.check(os.path.exists(os.path.join(pages.ROOT, path)),
                        f"{factory.get_name()} has a page",
                        f"{path} is missing; its tables: "
                        f"reference.py --print {factory.get_name()}"):
        return
    page = pages.Page(path)
    element = factory.create(None)
    check_properties(points, page, element)
    check_names(points, page, "signal", plugin.signals(element))
    said = [tuple(row[:4]) for row in rows_of(page, "pad")]
    points.check(sorted(said) == sorted(plugin.pads(factory)),
                 f"{path}: every pad", f"docs: {said}",
                 f"code: {plugin.pads(factory)}")


def check_readme(points, factories):
    """The README's tables name properties that there are."""
    known = {spec.name for factory in factories
             for spec in plugin.own_properties(factory.create(None))}
    for path in ("README.md", "README.zh-CN.md"):
        page = pages.Page(path)
        named = [name for table in page.tables
                 if table.columns[0] in ("property", "属性")
                 for row in table.rows for name in pages.code_of(row[0])]
        points.check(named and set(named) <= known, f"properties in {path}",
                     *sorted(set(named) - known))


def main(points):
    """Checks the pages, or prints what one begins with."""
    factories = plugin.elements()
    if sys.argv[1:2] == ["--print"]:
        for factory in factories:
            if factory.get_name() in sys.argv[2:]:
                print_tables(factory)
        sys.exit()
    points.check(factories, "the plugin has elements")
    for factory in factories:
        check_element(points, factory)
    check_readme(points, factories)


if __name__ == "__main__":
    tap.main(main)
