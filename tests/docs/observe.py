"""Runs an element of the plugin against the simulator and notes what it posts.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import plugin
from plugin import Gst

LIMIT_NS = 60 * Gst.SECOND


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
