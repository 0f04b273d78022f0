#!/usr/bin/env python3
"""Are the pictures of the documentation what draw.py makes of the code as it is?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import re
import tempfile

import draw
import pages
import simulator
import tap


def drawn_requests():
    """The requests of the sequence diagram, each kind once, in order."""
    found = [what.split(" (")[0] for _, _, what in draw.read_sequence()[1]
             if re.match("(GET|POST) /", what)]
    return list(dict.fromkeys(found))


def real_requests():
    """The same of a run against the simulator, ids and what follows them as
    ID."""
    with simulator.Place(None, "--generation-time", "1") as place:
        place.run("gst-launch-1.0", "-q", "foxapivideosrc", "prompt=x",
                  'task-store=""', "duration=2", "!", "fakesink")
        place.service.stop()
        lines = re.findall(r"(GET|POST) (/\S+)", place.service.log)
    found = [method + " " + re.sub(r"/task-[^ ]*", "/ID", path)
             for method, path in lines]
    return list(dict.fromkeys(found))


def check_pictures(points):
    """Both of them."""
    points.check(pages.read("docs/images/sequence.svg") == draw.draw_sequence(),
                 "the sequence diagram is drawn from sequence.txt",
                 "run tests/docs/draw.py")
    drawn, real = drawn_requests(), real_requests()
    points.check(drawn == real, "its requests are those that are sent",
                 f"drawn: {drawn}", f"sent: {real}")

    with tempfile.TemporaryDirectory() as folder:
        dump = draw.dump_pipeline(folder)
    drawn = draw.elements_of(pages.read("docs/images/pipeline.svg"))
    real = draw.elements_of(dump)
    points.check(drawn == real, "the pipeline graph has the elements of today",
                 tap.differences(drawn, real))
    points.check("test-key" not in pages.read("docs/images/pipeline.svg"),
                 "no key is in the pipeline graph")


if __name__ == "__main__":
    tap.main(check_pictures)
