#!/usr/bin/env python3
"""Are the pictures of the documentation what draw.py makes of the code as it is?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re
import subprocess
import tempfile

import draw
import simulator
import tap


def read(name):
    """A picture as it is in the documentation."""
    with open(os.path.join(draw.IMAGES, name), encoding="utf-8") as file:
        return file.read()


def drawn_requests():
    """The requests of the sequence diagram, each kind once, in order."""
    found = [what.split(" (")[0] for _, _, what in draw.read_sequence()[1]
             if re.match("(GET|POST) /", what)]
    return list(dict.fromkeys(found))


def real_requests():
    """The same of a run against the simulator, ids and what follows them as
    ID."""
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.NamedTemporaryFile("r") as log:
        service = subprocess.Popen(
            [simulator.PROGRAM, "--generation-time", "1", "--port-file",
             os.path.join(folder, "url")], stdout=open(log.name, "w",
                                                       encoding="utf-8"))
        try:
            subprocess.run(
                ["sh", "-c", f"until test -s {folder}/url; do sleep 0.05; done;"
                 f" FOXAPI_BASE_URL=$(cat {folder}/url) gst-launch-1.0 -q "
                 "foxapivideosrc prompt=x task-store='\"\"' duration=2 ! fakesink"],
                env=simulator.environment(None, folder), check=True,
                timeout=60)
        finally:
            service.terminate()
            service.wait()
        lines = re.findall(r"(GET|POST) (/\S+)", log.read())
    found = [method + " " + re.sub(r"/task-[^ ]*", "/ID", path)
             for method, path in lines]
    return list(dict.fromkeys(found))


def main():
    points = tap.Points()
    points.check(read("sequence.svg") == draw.draw_sequence(),
                 "the sequence diagram is drawn from sequence.txt",
                 "run tests/docs/draw.py")
    drawn, real = drawn_requests(), real_requests()
    points.check(drawn == real, "its requests are those that are sent",
                 f"drawn: {drawn}", f"sent: {real}")

    with tempfile.TemporaryDirectory() as folder:
        dump = draw.dump_pipeline(folder)
    drawn = draw.elements_of(read("pipeline.svg"))
    real = draw.elements_of(dump)
    points.check(drawn == real, "the pipeline graph has the elements of today",
                 tap.differences(drawn, real))
    points.check("test-key" not in read("pipeline.svg"),
                 "no key is in the pipeline graph")
    points.end()


if __name__ == "__main__":
    main()
