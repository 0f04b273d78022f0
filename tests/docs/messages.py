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
from plugin import Gst

ERRORS = "docs/errors.md"
# Each field of a message is in one of these.
SCENARIOS = [
    ("an honest service", [], 'prompt="x" duration=2'),
    ("a task that fails", [], 'prompt="[fail]"'),
]
LIMIT_NS = 60 * Gst.SECOND
# Of PROGRESS messages, documented by GStreamer.
GSTREAMERS_OWN = ("type", "timeout")


class Outcome:
    """What came out of one run."""

    def __init__(self):
        self.structures = []    # (element's name, structure)
        self.errors = []        # (code, message, details)
        self.warnings = []      # the same
        self.progress = []      # structures
        self.ended = False


def fields_of(structure):
    """The names and types of a structure's fields."""
    types = {**plugin.SIMPLE_TYPES, "GstValueArray": "array of strings"}
    found = {}
    for number in range(structure.n_fields()):
        name = structure.nth_field_name(number)
        kind = structure.get_field_type(name).name
        found[name] = types.get(kind, f"`{kind}`")
    return found


def code_of(error):
    """A GError in the words of the tables."""
    domain = error.domain.replace("gst-", "").replace("-error-quark", "")
    enum = {"resource": Gst.ResourceError, "stream": Gst.StreamError,
            "core": Gst.CoreError, "library": Gst.LibraryError}[domain]
    nick = enum(error.code).value_nick
    return f"{domain}/{nick}".upper().replace("-", "_")


def values_of(structure):
    """The fields of a details structure that are plain values."""
    if structure is None:
        return {}
    return {structure.nth_field_name(n):
            structure.get_value(structure.nth_field_name(n))
            for n in range(structure.n_fields())}


def link_to_nowhere(pipeline, pad):
    """Gives a pad a fakesink."""
    sink = Gst.ElementFactory.make("fakesink")
    pipeline.add(sink)
    sink.sync_state_with_parent()
    pad.link(sink.get_static_pad("sink"))


def note(outcome, message):
    """Reads one message; True if it is the last one."""
    if message.type == Gst.MessageType.ELEMENT:
        factory = message.src.get_factory() \
            if isinstance(message.src, Gst.Element) else None
        if factory and factory.get_plugin_name() == "foxapi":
            outcome.structures.append((factory.get_name(),
                                       message.get_structure().copy()))
    elif message.type == Gst.MessageType.PROGRESS:
        outcome.progress.append(message.get_structure().copy())
    elif message.type == Gst.MessageType.WARNING:
        error, _ = message.parse_warning()
        outcome.warnings.append((code_of(error), error.message,
                                 message.parse_warning_details()))
    elif message.type == Gst.MessageType.ERROR:
        error, _ = message.parse_error()
        outcome.errors.append((code_of(error), error.message,
                               message.parse_error_details()))
        return True
    outcome.ended = message.type == Gst.MessageType.EOS
    return outcome.ended


def observe(launch):
    """Plays one element, written as in a launch line, to its end."""
    outcome = Outcome()
    pipeline = Gst.Pipeline()
    element = Gst.parse_launch(launch)
    pipeline.add(element)
    element.connect("pad-added",
                    lambda _, pad: link_to_nowhere(pipeline, pad))
    for pad in element.srcpads:
        link_to_nowhere(pipeline, pad)

    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    while True:
        message = bus.timed_pop(LIMIT_NS)
        if message is None or note(outcome, message):
            break
    pipeline.set_state(Gst.State.NULL)
    while message is not None:
        message = bus.pop()
        if message is not None:
            note(outcome, message)
    return outcome


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
    known = set(re.findall(r"\b(\d{3}), FOXAPI_ERROR_", pages.read(
        "gst/foxapi/protocol/foxapierror.c")))
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
    code = re.sub(r'"\s*"', "", "\n".join(pages.sources(".c").values()))
    code = re.sub(r'"\s*[A-Z][A-Z0-9_]+\s*"', "…", code)
    return code.replace('\\"', '"').replace("%%", "%")


def check_texts(points, page):
    """Quoted warnings are warnings of the sources."""
    sources = source_texts()
    for table in page.find_tables("warning"):
        for row in table.rows:
            lost = [piece for piece in re.split("…", row[0])
                    if len(piece.strip(" ().:")) > 8 and piece not in sources]
            points.check(not lost, f"{page.path}: {row[0][:50]}", *lost)


def main(points):
    """Plays all, and compares; or prints the outcomes."""
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
        sys.exit()
    check_structures(points, played)
    for row, outcome in zip(rows, tried):
        check_error(points, row, outcome)
    check_statuses(points, rows)
    check_details(points, page, played + tried)
    check_texts(points, page)


if __name__ == "__main__":
    tap.main(main)
