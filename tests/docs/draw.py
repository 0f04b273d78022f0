#!/usr/bin/env python3
"""Draws the pictures of the documentation into docs/images.

The sequence diagram is made of docs/images/sequence.txt. The pipeline graph is
that of a pipeline that has run, from GStreamer's own dot dump, by graphviz.

    FOXAPI_BUILD=build /usr/bin/python3 tests/docs/draw.py

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import glob
import os
import re
import subprocess
import tempfile
from xml.sax.saxutils import escape

import pages
import simulator

IMAGES = os.path.join(pages.ROOT, "docs", "images")
LAUNCH = ('gst-launch-1.0 foxapivideosrc prompt="A fox" duration=2 ! decodebin'
          ' ! videoconvert ! autovideosink')
COLUMN, ROW, TOP, SIDE = 280, 34, 70, 150


def read_sequence():
    """The participants, and the steps: (from, to, what)."""
    with open(os.path.join(IMAGES, "sequence.txt"), encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file
                 if line.strip() and not line.startswith("#")]
    steps = []
    for line in lines[1:]:
        who, what = line.split(": ", 1)
        steps.append((*(who.split(" > ") * 2)[:2], what) if " > " in who
                     else (who, who, what))
    return lines[0].split(" | "), steps


def draw_arrow(x1, x2, y, what):
    """An arrow with its words above it."""
    tip = x2 - 9 if x2 > x1 else x2 + 9
    middle = (x1 + x2) / 2
    return [f'<line x1="{x1}" y1="{y}" x2="{tip}" y2="{y}" class="arrow"/>',
            f'<path d="M{x2} {y} L{tip} {y - 5} L{tip} {y + 5} Z"/>',
            f'<text x="{middle:g}" y="{y - 6}" class="halo">{what}</text>',
            f'<text x="{middle:g}" y="{y - 6}">{what}</text>']


def draw_note(x, y, what):
    """What somebody does alone."""
    width = 7 * len(what) + 16
    return [f'<rect x="{x - width / 2:g}" y="{y - 19}" width="{width}" '
            f'height="24" rx="4"/>',
            f'<text x="{x}" y="{y - 3}" class="note">{what}</text>']


def draw_sequence():
    """The SVG of the sequence diagram."""
    people, steps = read_sequence()
    place = {name: SIDE + COLUMN * i for i, name in enumerate(people)}
    width = 2 * SIDE + COLUMN * (len(people) - 1)
    height = TOP + ROW * (len(steps) + 1)
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{height}" viewBox="0 0 {width} {height}">',
           "<style>text{font:13px sans-serif;text-anchor:middle;fill:#222}"
           ".who{font-weight:bold;font-size:14px}.note{font-style:italic}"
           ".halo{stroke:#fff;stroke-width:4px}.life{stroke:#bbb}"
           ".arrow{stroke:#222}rect{fill:#fdf3d8;stroke:#d9c88f}</style>",
           f'<path d="M0 0H{width}V{height}H0Z" fill="#fff"/>']
    for name, x in place.items():
        svg += [f'<text x="{x}" y="30" class="who">{escape(name)}</text>',
                f'<line x1="{x}" y1="42" x2="{x}" y2="{height - 10}" '
                'class="life"/>']
    for number, (source, target, what) in enumerate(steps):
        y = TOP + ROW * (number + 0.5)
        words = escape(what)
        svg += draw_note(place[source], y, words) if source == target \
            else draw_arrow(place[source], place[target], y, words)
    return "\n".join(svg + ["</svg>", ""])


def dump_pipeline(folder):
    """Plays the pipeline and gives the dump of when it played."""
    with simulator.Simulator() as service:
        environment = simulator.environment(service, folder)
        environment["GST_DEBUG_DUMP_DOT_DIR"] = folder
        environment["FOXAPI_API_KEY"] = simulator.KEY
        subprocess.run(["sh", "-c", LAUNCH], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
    dumps = glob.glob(os.path.join(folder, "*PAUSED_PLAYING*.dot"))
    with open(dumps[0], encoding="utf-8") as file:
        return file.read()


def elements_of(text):
    """The types of the elements in a dump or its picture."""
    return set(re.findall(r"\bGst[A-Z]\w+", text))


def draw_pipeline(dump):
    """The SVG that graphviz makes of the dump."""
    return subprocess.run(["dot", "-Tsvg"], input=dump, check=True, text=True,
                          capture_output=True).stdout


def write(name, text):
    """Puts a picture in its place."""
    with open(os.path.join(IMAGES, name), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    write("sequence.svg", draw_sequence())
    with tempfile.TemporaryDirectory() as folder:
        write("pipeline.svg", draw_pipeline(dump_pipeline(folder)))


if __name__ == "__main__":
    main()
