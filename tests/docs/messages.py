#!/usr/bin/env python3
"""Are the documented messages those that the elements post?

Elements with a prompt are played against the simulator. The structures that they
post are compared with the tables of their pages whose first column is `field`
and whose heading names the structure; the errors with docs/errors.md, where each
row says how to bring its error about; the texts of warnings with the sources.

    messages.py --print    prints what the rows of docs/errors.md come to

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import concurrent.futures
import os
import re
import shlex
import sys
import tempfile

import pages
import plugin
import simulator
import tap
from observe import fields_of, observe, values_of

ERRORS = "docs/errors.md"
# Each field of a message is in one of these.
SCENARIOS = [
    ("an honest service", [], 'prompt="x" duration=2'),
    ("a task that fails", [], 'prompt="[fail]"'),
]
# Of PROGRESS messages, documented by GStreamer.
GSTREAMERS_OWN = ("type", "timeout")


def play(options, launch):
    """One run; the key comes from the environment, nothing is recorded."""
    with tempfile.TemporaryDirectory() as store, \
            simulator.Simulator(*options) as service:
        launch = launch.replace("STORE", store)
        if "task-store" not in launch:
            launch += ' task-store=""'
        if "base-url" not in launch:
            launch += f" base-url={service.url}"
        return observe(launch)


# Structures


def documented_fields(page, name):
    """The fields of a structure, with their types."""
    return {pages.code_of(row[0])[0]: row[1]
            for table in page.find_tables("field")
            if name in pages.code_of(table.heading) for row in table.rows}


def find_documented(element, name):
    """The same from the element's page, or from that of the source, whose
    messages the others hand on."""
    for path in (f"docs/{element}.md", "docs/foxapivideosrc.md"):
        if os.path.exists(os.path.join(pages.ROOT, path)):
            fields = documented_fields(pages.Page(path), name)
            if fields:
                return fields
    return {}


def check_structures(points, outcomes):
    """What was posted is documented, and what is documented was posted."""
    seen = {}
    for outcome in outcomes:
        for element, structure in outcome.structures:
            seen.setdefault((element, structure.get_name()), {}).update(
                fields_of(structure))
    for outcome in outcomes:
        for structure in outcome.progress:
            fields = fields_of(structure)
            seen.setdefault(("foxapivideosrc", "generate"), {}).update(
                {name: fields[name] for name in fields
                 if name not in GSTREAMERS_OWN})
    for (element, name), fields in sorted(seen.items()):
        said = find_documented(element, name)
        points.check(said == fields, f"{element}: fields of {name}",
                     tap.differences(said.items(), fields.items()))


# Errors


def read_try(cell):
    """How a row brings its error about: simulator's options, properties."""
    spans = pages.code_of(cell)
    options = [word for span in spans if span.startswith("--")
               for word in shlex.split(span)]
    return options, " ".join(s for s in spans if not s.startswith("--"))


def run_try(cell):
    """The outcome of a row, with the simplest element."""
    options, properties = read_try(cell)
    if not re.search(r"\b(prompt|task-id)=", properties):
        properties += ' prompt="x"'
    if any("result:" in option for option in options):
        properties += " duration=2 resolution=720p"  # quickly rendered
    return play(options, "foxapivideosrc " + properties)


def charge_of(details):
    """The detail maybe-charged in the words of the table."""
    return {True: "maybe", False: "no"}.get(details.get("maybe-charged"), "–")


def matches(text, said):
    """`…` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, text.split("…"))), said,
                        re.DOTALL)


def check_error(points, row, outcome):
    """One row of the table."""
    what, attempt, code, charged, text = row[:5]
    if not points.check(len(outcome.errors) == 1, f"{ERRORS}: one: {what}",
                        outcome.errors, attempt):
        return
    found, said, details = outcome.errors[0]
    charge = charge_of(values_of(details))
    points.check(f"`{found}`" == code and charge == charged
                 and matches(text, said), f"{ERRORS}: {what}",
                 f"docs: {code} {charged} {text}",
                 f"code: `{found}` {charge} {said}")


def check_statuses(points, rows):
    """Each status that the code knows by itself has a row."""
    path = "gst/foxapi/protocol/foxapierror.c"
    with open(os.path.join(pages.ROOT, path), encoding="utf-8") as file:
        known = set(re.findall(r"\b(\d{3}), FOXAPI_ERROR_", file.read()))
    said = set(re.findall(r"submit:\d:status=(\d{3})",
                          " ".join(row[1] for row in rows)))
    points.check(known and known <= said, f"{ERRORS}: every status",
                 *sorted(known - said))


def check_details(points, page, outcomes):
    """The fields of the details."""
    seen = {}
    for outcome in outcomes:
        for _, _, details in outcome.errors + outcome.warnings:
            if details is not None:
                seen.update(fields_of(details))
    said = documented_fields(page, "details")
    points.check(said == seen, f"{ERRORS}: fields of the details",
                 tap.differences(said.items(), seen.items()))


# Texts


def source_texts():
    """All that the sources say, what is put in as `…`."""
    texts = []
    for path in pages.find_files(".c"):
        if path.startswith("gst/"):
            with open(os.path.join(pages.ROOT, path),
                      encoding="utf-8") as file:
                code = file.read()
            code = re.sub(r'"\s*"', "", code)
            code = re.sub(r'"\s*[A-Z][A-Z0-9_]+\s*"', "…", code)
            texts.append(code.replace('\\"', '"').replace("%%", "%"))
    return "\n".join(texts)


def check_texts(points, page):
    """Quoted warnings are warnings of the sources."""
    sources = source_texts()
    for table in page.find_tables("warning"):
        for row in table.rows:
            lost = [piece for piece in re.split("…", row[0])
                    if len(piece.strip(" ().:")) > 8 and piece not in sources]
            points.check(not lost, f"{page.path}: {row[0][:50]}", *lost)


def main():
    points = tap.Points()
    factories = [factory for factory in plugin.elements()
                 if factory.create(None).find_property("prompt")]
    points.check(factories, "there are elements with a prompt")
    page = pages.Page(ERRORS)
    rows = [row for table in page.find_tables("what happened")
            for row in table.rows]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        played = [pool.submit(play, options, f"{factory.get_name()} {launch}")
                  for factory in factories
                  for _, options, launch in SCENARIOS]
        tried = [pool.submit(run_try, row[1]) for row in rows]
        played = [future.result() for future in played]
        tried = [future.result() for future in tried]

    if sys.argv[1:] == ["--print"]:
        for row, outcome in zip(rows, tried):
            for code, said, details in outcome.errors:
                print("|", " | ".join([*row[:2], f"`{code}`",
                                       charge_of(values_of(details)), said]),
                      "|")
        return
    check_structures(points, played)
    for row, outcome in zip(rows, tried):
        check_error(points, row, outcome)
    check_statuses(points, rows)
    check_details(points, page, played + tried)
    check_texts(points, page)
    points.end()


if __name__ == "__main__":
    main()
