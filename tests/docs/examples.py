#!/usr/bin/env python3
"""Do the examples do what they say, to a user with a terminal?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import pty
import re
import signal
import subprocess
import tempfile

import media
import pages
import simulator
import tap

LIMIT = 60
EXAMPLES = os.path.join(pages.ROOT, "tests", "examples")
SECOND_TAKE = os.path.join(simulator.BUILD, "tests", "examples",
                           "second-take")
BATCH = os.path.join(EXAMPLES, "batch.sh")
PREVIEW = os.path.join(EXAMPLES, "preview.py")
SEVERAL = os.path.join(EXAMPLES, "several.py")


class Place:
    """A folder and a simulator to try things with."""

    def __init__(self, *options):
        self.service = simulator.Simulator(*options)
        self._folder = tempfile.TemporaryDirectory()
        self.folder = self._folder.name

    def __enter__(self):
        self.service.__enter__()
        self.environment = simulator.environment(
            self.service, os.path.join(self.folder, "home"))
        return self

    def __exit__(self, *exception):
        self.service.__exit__(*exception)
        self._folder.cleanup()

    def path(self, name):
        """A path in the folder."""
        return os.path.join(self.folder, name)

    def run(self, *command):
        """Runs to the end: status and output."""
        run = subprocess.run(command, cwd=self.folder, env=self.environment,
                             stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, timeout=LIMIT, check=False)
        return run.returncode, run.stdout + run.stderr

    def charged(self):
        """How many tasks the service has charged; it ends."""
        return len(self.service.stop()["tasks"])

    def fault_of(self, name):
        """What is wrong with a file."""
        return media.fault_of(self.path(name), self.environment)


def run_on_terminal(place, *command, interrupt_at):
    """Runs on a terminal, presses Ctrl-C when the text is on the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place.folder)
        os.execvpe(command[0], command, place.environment)
    screen = ""
    while True:
        try:
            screen += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
        if interrupt_at and re.search(interrupt_at, screen):
            os.write(terminal, b"\x03")
            interrupt_at = None
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen


def check_typing_errors(points):
    """What does not fit is refused, for it would pay for another video."""
    commands = {"second-take": (SECOND_TAKE, "A fox", "Again", "one.mp4",
                                "two.mp4"),
                "preview.py": ("/usr/bin/python3", PREVIEW, "A fox")}
    with Place() as place:
        for name, command in commands.items():
            for word in ("duration=2s", "resolution=720",
                         "aspect-ratio=portrait", "resolutoin=720p",
                         "seed=random", "multi-shots=maybe", "duration"):
                status, said = place.run(*command, word)
                points.check(status in (1, 2),
                             f"{name} refuses {word}", status, said)
        points.check(place.charged() == 0, "typing errors cost nothing")


def check_second_take(points):
    """One generation from another, in one pipeline."""
    with Place("--generation-time", "0.3") as place:
        status, said = place.run(SECOND_TAKE, "A fox", "The same at night",
                                 "one.mp4", "two.mp4", "duration=2",
                                 "resolution=720p")
        points.check(status == 0 and not place.fault_of("one.mp4")
                     and not place.fault_of("two.mp4"),
                     "second-take saves both videos", said,
                     place.fault_of("one.mp4"), place.fault_of("two.mp4"))
        points.check(place.charged() == 2, "each was paid for once")


def check_batch(points):
    """Submitting, twice, and collecting elsewhere, twice."""
    prompts = ["A fox", 'A "quoted" hen', "back\\slash"]
    with Place() as place:
        with open(place.path("prompts"), "w", encoding="utf-8") as file:
            file.write("\n".join(prompts))
        outcomes = [place.run(BATCH, "submit", "prompts", "tasks")
                    for _ in range(2)]
        place.environment["XDG_STATE_HOME"] = place.path("elsewhere")
        outcomes += [place.run(BATCH, "collect", "tasks", "videos")
                     for _ in range(2)]
        points.check(all(status == 0 for status, _ in outcomes),
                     "batch.sh submits and collects", *outcomes)
        names = os.listdir(place.path("videos"))
        faults = [place.fault_of(os.path.join("videos", name))
                  for name in names]
        points.check(len(names) == 3 and not any(faults),
                     "batch.sh has all videos", names, faults)
        place.charged()
        sent = [task["request"]["prompt"]
                for task in place.service.ledger["tasks"]]
        points.check(sent == prompts, "each prompt was charged once, as it is",
                     sent)


def check_several(points):
    """Three at once; and Ctrl-C."""
    with Place() as place:
        status, said = place.run("/usr/bin/python3", SEVERAL, "videos", "A",
                                 "B", "C")
        faults = [place.fault_of(f"videos/{n}.mp4") for n in (1, 2, 3)]
        points.check(status == 0 and not any(faults),
                     "several.py saves several videos", said, faults)
        points.check(place.charged() == 3, "each was charged once")

    with Place("--generation-time", "30") as place:
        status, screen = run_on_terminal(
            place, "/usr/bin/python3", SEVERAL, "videos", "A",
            interrupt_at="pending|processing")
        points.check(status == 1 and "resumes it" in screen,
                     "Ctrl-C ends several.py cleanly", status, screen)


def check_preview(points):
    """More frames are shown than the video has: those before it."""
    with Place("--generation-time", "2") as place:
        place.environment["GST_DEBUG"] = "basesink:6"
        status, said = place.run("/usr/bin/python3", PREVIEW, "A fox",
                                 "duration=2")
        shown = said.count("rendering object")
        points.check(status == 0 and "Playing" in said and shown > 50,
                     "preview.py shows a placeholder and the video",
                     status, shown)


def main():
    signal.alarm(5 * LIMIT)
    points = tap.Points()
    check_typing_errors(points)
    check_second_take(points)
    check_batch(points)
    check_several(points)
    check_preview(points)
    points.end()


if __name__ == "__main__":
    main()
