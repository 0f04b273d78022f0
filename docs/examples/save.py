#!/usr/bin/env python3
"""Saves a video: save.py PROMPT FILE.mp4

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

if len(sys.argv) != 3:
    sys.exit("Usage: save.py PROMPT FILE.mp4")
prompt, path = sys.argv[1:]
signal.signal(signal.SIGINT, signal.SIG_DFL)
Gst.init(None)
pipeline = Gst.parse_launch(
    "foxapivideosrc name=source model=wan-2.7-text-to-video ! "
    "filesink name=sink")
pipeline.get_by_name("source").props.prompt = prompt
pipeline.get_by_name("sink").props.location = path + ".part"
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(
    Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
if message.type == Gst.MessageType.ERROR:
    sys.exit(message.parse_error().gerror.message)
os.rename(path + ".part", path)
