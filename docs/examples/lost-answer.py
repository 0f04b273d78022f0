#!/usr/bin/env python3
"""lost-answer.py: asks a person before it may pay a second time

    lost-answer.py PROMPT FILE.mp4

When the answer to a submission is lost, nobody can tell whether it was charged.
The ERROR says so in its details: maybe-charged is TRUE. Whoever runs this then
looks into the account, and either names the task found there, or decides to submit
again.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

QUESTION = """\
Look for the charge in the console of your account. Then type
  the id of the task, if it is there: it is resumed at no new charge
  "again", if it is not there, or if you want to pay once more
  nothing, to decide later: run the same command
> """
LEFT_OPEN = 4                   # as foxapi-generate exits


def play(pipeline):
    """Plays until the file is complete (None) or an error ends it."""
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    return message if message.type == Gst.MessageType.ERROR else None


def maybe_charged(error):
    """Whether the details of the ERROR leave that open."""
    details = error.parse_error_details()
    return details is not None and details.get_value("maybe-charged") is True


def ask():
    """What the person says; nothing where there is no person."""
    try:
        return input(QUESTION).strip()
    except EOFError:
        return ""


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    prompt, path = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "foxapivideosrc name=source model=wan-2.7-text-to-video ! "
        "filesink name=sink")
    source = pipeline.get_by_name("source")
    source.props.prompt = prompt
    pipeline.get_by_name("sink").props.location = path + ".part"

    while error := play(pipeline):
        print(error.parse_error().gerror.message, file=sys.stderr)
        if not maybe_charged(error):
            return 1
        answer = ask()
        if not answer:
            return LEFT_OPEN
        # NULL lets this element submit again; the other property consents to what
        # an earlier process has left open.
        again = answer == "again"
        source.props.task_id = None if again else answer
        source.props.resubmit_maybe_charged = again
    os.rename(path + ".part", path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
