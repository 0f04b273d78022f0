#!/usr/bin/env python3
"""Does foxapi-generate do what its man page says: files, values, exit statuses,
money, Ctrl-C?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import re
import signal
import subprocess

import pages
import simulator
import tap
from examples import Place, run_on_terminal

TOOL = os.path.join(simulator.BUILD, "gst", "tools", "foxapi-generate")
LOGO = "/usr/share/pixmaps/debian-logo.png"


def check_saving(points):
    """A file under its name, and under no other; a second run pays nothing."""
    with Place() as place:
        status, said = place.run(TOOL, "A Fox, at night", "--duration=2")
        points.check(status == 0 and "Saved a-fox-at-night.mp4" in said
                     and not place.fault_of("a-fox-at-night.mp4"),
                     "a video is saved", status, said)
        points.check(os.listdir(place.folder).count(
            "a-fox-at-night.mp4.part") == 0, "no .part is left")
        points.check("Downloading" in said, "the download is reported", said)
        status, said = place.run(TOOL, "A Fox, at night")
        points.check(status == 2 and "there already" in said,
                     "no file is replaced by surprise", status, said)
        status, said = place.run(TOOL, "-f", "-q", "--json", "A fox", "-o",
                                 "x.mp4", "--reference-image", LOGO)
        events = [json.loads(line) for line in said.splitlines()]
        points.check(status == 0 and events[0]["event"] == "task"
                     and events[-1]["event"] == "saved"
                     and events[-1]["file"] == "x.mp4", "--json", said)
        points.check(place.charged() == 2, "two were charged")


def check_values(points):
    """What does not fit is refused; nothing is sent."""
    wrong = [["--duration=2s"], ["--duration=40"], ["--resolution=720"],
             ["--aspect-ratio=portrait"], ["--seed=many"], ["--resolutoin=720p"],
             ["--reference-image=nowhere.png"], ["--reference-image=."],
             ["--ssl-strict=perhaps"], ["--extra-parameters=,,"], ["too", "many"],
             ["-o", "/nowhere/x.mp4"], ["-o", "."]]
    with Place() as place:
        for options in wrong:
            status, said = place.run(TOOL, "A fox", *options)
            points.check(status == (1 if "/nowhere/x.mp4" in options else 2)
                         and said, f"refused: {options}", status, said)
        status, said = place.run(TOOL)
        points.check(status == 2 and "prompt" in said, "no prompt", said)
        status, said = place.run(TOOL, "-n", "A fox", "--seed=7",
                                 "--reference-image", LOGO)
        request = json.loads(said[:said.rindex("}") + 1])
        points.check(status == 0 and request["seed"] == 7
                     and request["reference_image_urls"] == ["file://" + LOGO]
                     and "Nothing was sent" in said, "--dry-run", said)
        points.check(place.charged() == 0
                     and place.service.ledger.get("uploads", []) == [],
                     "nothing was sent")


def check_statuses(points):
    """The exit statuses of the man page."""
    for what, options, arguments, wanted in [
            ("key", ["--api-key", "another"], ["x"], 3),
            ("lost answer", ["--fault", "submit:1:act-first,reset"], ["x"], 4),
            ("busy", ["--fault", "submit:0:status=429"],
             ["x", "--retries=0"], 5),
            ("task-timeout", ["--generation-time", "60"],
             ["x", "--task-timeout=1"], 6),
            ("failed task", [], ["[fail]"], 7),
            ("unknown task", [], ["--task-id=nope"], 2)]:
        with Place(*options) as place:
            status, said = place.run(TOOL, *arguments, "-o", "x.mp4")
            points.check(status == wanted, f"exit status: {what}", status, said)
            points.check(not os.path.exists(place.path("x.mp4"))
                         and not os.path.exists(place.path("x.mp4.part")),
                         f"no file is left: {what}")
            if wanted == 4:
                points.check("--resubmit-maybe-charged" in said,
                             "it says how to submit again", said)
                status, said = place.run(TOOL, "x", "-o", "x.mp4")
                points.check(status == 4, "which is refused without", said)
                status, said = place.run(TOOL, "x", "-o", "x.mp4",
                                         "--resubmit-maybe-charged")
                points.check(status == 0, "and done with it", said)


def check_interrupt(points):
    """Ctrl-C, and the same command again."""
    with Place("--generation-time", "4") as place:
        command = [TOOL, "A fox", "-o", "fox.mp4", "--poll-interval=200"]
        status, screen = run_on_terminal(
            place, *command, interrupt_at=r"\[#+\.+\] +\d+ %, \d+:\d\d so far")
        points.check(status == 130 and "same command" in screen, "Ctrl-C",
                     status, screen)
        status, said = place.run(*command)
        points.check(status == 0 and "no new charge" in said
                     and not place.fault_of("fox.mp4"), "it resumes", said)
        points.check(place.charged() == 1, "it was charged once")


def check_pages(points):
    """The man page has the options of --help; the completion is bash."""
    run = subprocess.run([TOOL, "--help"], capture_output=True, text=True,
                         check=True, env=simulator.environment(None, "/"))
    options = set(re.findall(r"^ +(?:-\w, )?--([\w-]+)", run.stdout,
                             re.MULTILINE))
    path = os.path.join(pages.ROOT, "gst", "tools", "foxapi-generate.1")
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("\\-", "-").replace("\\fR", "")
    said = set(re.findall(r"^\.BR? (?:-\w .* )?--([\w-]+)", text, re.MULTILINE))
    points.check(said == options, "options of the man page",
                 tap.differences(said, options))
    statuses = set(re.findall(r"^  (\d+) ", run.stdout, re.MULTILINE))
    points.check(all(re.search(rf"^\.BR? {status}\b", text, re.MULTILINE)
                     for status in statuses), "exit statuses", statuses)
    bash = subprocess.run(["bash", "-n", os.path.join(
        pages.ROOT, "gst", "tools", "completion.bash")], check=False)
    points.check(bash.returncode == 0, "the completion is bash")


def main():
    signal.alarm(600)
    points = tap.Points()
    check_saving(points)
    check_values(points)
    check_statuses(points)
    check_interrupt(points)
    check_pages(points)
    points.end()


if __name__ == "__main__":
    main()
