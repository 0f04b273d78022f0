#!/usr/bin/env python3
"""Saves a video: save.py PROMPT FILE.mp4

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "foxapivideosrc name=source model=wan-2.7-text-to-video ! "
    "filesink name=sink")
pipeline.get_by_name("source").props.prompt = sys.argv[1]
pipeline.get_by_name("sink").props.location = sys.argv[2]
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(
    Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
if message.type == Gst.MessageType.ERROR:
    sys.exit(message.parse_error().gerror.message)
