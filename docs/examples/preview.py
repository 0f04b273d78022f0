#!/usr/bin/python3
"""preview.py: something to look at while the video is generated

    preview.py PROMPT [PROPERTY=VALUE...]

One pipeline and one window: a placeholder that shows the progress, until the
video comes, and then the video (its picture; sound would be one branch more). The
placeholder is a live source, so it plays at once; what waits for the video is
in a bin that handles its own state changes, so nobody waits for that.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

CAPS = ("video/x-raw,format=I420,width=1280,height=720,framerate=25/1,"
        "pixel-aspect-ratio=1/1")
PIPELINE = f"""
    input-selector name=selector sync-streams=false ! autovideosink
    videotestsrc is-live=true pattern=black
        ! textoverlay name=words valignment=center halignment=center
        ! {CAPS} ! queue ! selector.sink_0
    queue name=video ! videoconvert ! videoscale ! videorate ! {CAPS}
        ! selector.sink_1
    bin.( async-handling=true
        foxapivideosrc model=wan-2.7-text-to-video name=source
        ! decodebin name=decoder )
"""


class Preview:
    """The pipeline, and what it is told."""

    def __init__(self, prompt, properties):
        self.loop = GLib.MainLoop()
        self.failed = False
        # Parsed with the rest, a value that does not fit is an error.
        words = PIPELINE.split()
        place = words.index("name=source") + 1
        self.pipeline = Gst.parse_launchv(words[:place] + properties
                                          + words[place:])
        # What is live comes a frame late, and a decoder that waits for its video
        # cannot say how late it will be.
        self.pipeline.set_latency(Gst.SECOND // 10)
        self.words = self.pipeline.get_by_name("words")
        self.selector = self.pipeline.get_by_name("selector")
        source = self.pipeline.get_by_name("source")
        source.set_property("prompt", prompt)

        self.pipeline.get_by_name("decoder").connect("pad-added",
                                                     self.on_video)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::element", self.on_element)
        bus.connect("message::error", self.on_error)
        bus.connect("message::eos", lambda *_: self.loop.quit())

    def on_element(self, _bus, message):
        """The task has changed: the placeholder says so."""
        task = message.get_structure()
        if task.get_name() == "foxapi-task":
            text = f"{task.get_value('status')}, {task.get_value('progress')} %"
            self.words.set_property("text", text)
            print(text, flush=True)

    def on_error(self, _bus, message):
        """The message says what to do."""
        error, _debug = message.parse_error()
        print(error.message, file=sys.stderr)
        self.failed = True
        self.loop.quit()

    def on_video(self, _decoder, pad):
        """The decoder's pad is there, its first frame is about to come: its
        time 0 is now."""
        if not pad.query_caps().to_string().startswith("video/"):
            return
        now = self.pipeline.get_clock().get_time()
        pad.set_offset(now - self.pipeline.get_base_time())
        pad.link_maybe_ghosting(
            self.pipeline.get_by_name("video").get_static_pad("sink"))
        self.selector.set_property("active-pad",
                                   self.selector.get_static_pad("sink_1"))
        print("Playing", flush=True)

    def run(self):
        """Until the end, an error, or Ctrl-C."""
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGINT,
                             self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return 1 if self.failed else 0


def main():
    if (len(sys.argv) < 2 or sys.argv[1].startswith("-")
            or not all("=" in text for text in sys.argv[2:])):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    Gst.init(None)
    if Gst.ElementFactory.find("foxapivideosrc") is None:
        print("foxapivideosrc is not installed: set GST_PLUGIN_PATH",
              file=sys.stderr)
        return 2
    try:
        preview = Preview(sys.argv[1], sys.argv[2:])
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        return 2
    return preview.run()


if __name__ == "__main__":
    sys.exit(main())
