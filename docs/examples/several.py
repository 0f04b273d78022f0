#!/usr/bin/python3
"""several.py: several prompts at once, one process, one main loop

    several.py FOLDER PROMPT...

Each prompt gets a pipeline of its own and becomes FOLDER/1.mp4, 2.mp4 and so on.
Shows how a program follows foxapivideosrc through GObject introspection. Ctrl-C
stops all; the same command resumes what is paid for.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


class Generation:
    """One prompt on its way to a file."""

    def __init__(self, number, prompt, folder, on_end):
        self.number = number
        self.on_end = on_end
        self.task_id = None
        self.saved = False
        self.path = os.path.join(folder, f"{number}.mp4")

        self.pipeline = Gst.Pipeline()
        source = Gst.ElementFactory.make("foxapivideosrc")
        sink = Gst.ElementFactory.make("filesink")
        source.set_property("model", "wan-2.7-text-to-video")
        source.set_property("prompt", prompt)
        source.set_property("duration", 2)
        sink.set_property("location", self.path + ".part")
        self.pipeline.add(source)
        self.pipeline.add(sink)
        source.link(sink)

        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::element", self.on_element)
        bus.connect("message::warning", self.on_warning)
        bus.connect("message::error", self.on_error)
        bus.connect("message::eos", self.on_eos)

    def tell(self, text):
        """One line for people."""
        print(f"{self.number} {self.task_id or '-'}: {text}", flush=True)

    def on_element(self, _bus, message):
        """The task has changed."""
        task = message.get_structure()
        if task.get_name() == "foxapi-task":
            self.task_id = task.get_value("id")
            self.tell(f"{task.get_value('status')}, "
                      f"{task.get_value('progress')} %")

    def on_warning(self, _bus, message):
        """Something to know, but nothing that stops it."""
        warning, _debug = message.parse_warning()
        self.tell(f"warning: {warning.message}")

    def on_error(self, _bus, message):
        """It ended without a file; the message says what to do."""
        error, _debug = message.parse_error()
        self.tell(error.message)
        self.end()

    def on_eos(self, _bus, _message):
        """It ended with one, and now the file gets its name."""
        os.rename(self.path + ".part", self.path)
        self.saved = True
        self.tell(f"saved {self.path}")
        self.end()

    def start(self):
        """Returns at once; the bus tells how it goes on."""
        self.pipeline.set_state(Gst.State.PLAYING)

    def stop(self):
        """Returns at once as well; the next run resumes the task."""
        self.pipeline.set_state(Gst.State.NULL)

    def end(self):
        """Leaves the others to go on."""
        self.stop()
        self.on_end(self)


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    Gst.init(None)
    if Gst.ElementFactory.find("foxapivideosrc") is None:
        print("foxapivideosrc is not installed: set GST_PLUGIN_PATH",
              file=sys.stderr)
        return 2

    folder = sys.argv[1]
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    loop = GLib.MainLoop()
    running = set()

    def on_end(generation):
        running.discard(generation)
        if not running:
            loop.quit()

    def on_interrupt():
        for generation in running:
            generation.stop()
            generation.tell("stopped; the same command resumes it")
        loop.quit()

    generations = [Generation(number, prompt, folder, on_end)
                   for number, prompt in enumerate(sys.argv[2:], 1)]
    running.update(generations)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGINT, on_interrupt)
    for generation in generations:
        generation.start()
    loop.run()
    return 0 if all(generation.saved for generation in generations) else 1


if __name__ == "__main__":
    sys.exit(main())
