#!/usr/bin/env python3
"""Do the examples do what they say, to a user with a terminal?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import shutil
import signal

import pages
import simulator
import tap
from simulator import Place, run_on_terminal

LIMIT = 60
EXAMPLES = os.path.join(pages.ROOT, "docs", "examples")
SECOND_TAKE = os.path.join(simulator.BUILD, "docs", "examples",
                           "second-take")
BATCH = os.path.join(EXAMPLES, "batch.sh")
PREVIEW = os.path.join(EXAMPLES, "preview.py")
SEVERAL = os.path.join(EXAMPLES, "several.py")
SAVE = os.path.join(EXAMPLES, "save.py")
LOST_ANSWER = os.path.join(EXAMPLES, "lost-answer.py")
# Where a package of Debian's puts the crates.
CRATES = "/usr/share/cargo/registry"


def check_save(points):
    """The ten lines of the README; a name is given to what is complete only."""
    with Place(points) as place:
        place.check("save.py saves a video", "/usr/bin/python3", SAVE, "A fox",
                    "fox.mp4", makes="fox.mp4")
    with Place(points, "--fault", "submit:1:status=402") as place:
        status, said = place.run("/usr/bin/python3", SAVE, "A fox", "fox.mp4")
        points.check(status == 1 and "balance" in said
                     and not os.path.exists(place.path("fox.mp4")),
                     "save.py leaves no file without a video", status, said)


def check_rust(points):
    """The same in Rust, where cargo and the crates are there."""
    if shutil.which("cargo") is None:
        points.skip("save.rs", "there is no cargo")
        return
    with Place(points) as place:
        for name in ("Cargo.toml", "save.rs"):
            shutil.copy(os.path.join(EXAMPLES, name), place.folder)
        crates = os.environ.get("FOXAPI_CRATES", CRATES)
        if os.path.isdir(crates):
            os.mkdir(place.path(".cargo"))
            with open(place.path(".cargo/config.toml"), "w",
                      encoding="utf-8") as file:
                file.write("[source.crates-io]\nreplace-with = 'here'\n"
                           f"[source.here]\ndirectory = '{crates}'\n")
        # cargo is found by the user's own home.
        place.environment["HOME"] = os.environ["HOME"]
        status, said = place.run("cargo", "generate-lockfile", "--offline")
        if status != 0:
            points.skip("save.rs", "the crate gstreamer is not here")
            return
        place.check("save.rs compiles", "cargo", "build", "--offline",
                    limit=600)
        place.check("save.rs saves a video", "target/debug/save", "A fox",
                    "fox.mp4", makes="fox.mp4")


def check_lost_answer(points):
    """Nothing is paid for twice before a person has said so."""
    command = ("/usr/bin/python3", LOST_ANSWER, "A fox", "fox.mp4")
    lost = ("--fault", "submit:1:act-first,reset")
    with Place(points, *lost) as place:
        first = place.run(*command)
        second = place.run(*command)
        points.check(first[0] == second[0] == 4
                     and not os.path.exists(place.path("fox.mp4")),
                     "lost-answer.py stops where nobody answers", first, second)
        place.check("and submits again in a later run", *command,
                    makes="fox.mp4", typed="again\n")
        points.check(place.charged() == 2, "two charges, of which one is lost")
    with Place(points, *lost) as place:
        status, said = place.run(*command, typed="again\n")
        points.check(status == 0 and place.charged() == 2,
                     "lost-answer.py submits again", status, said)
    with Place(points, *lost, "--task", "task-found") as place:
        place.check("lost-answer.py resumes the task that was found", *command,
                    makes="fox.mp4", typed="task-found\n")


def check_typing_errors(points):
    """What does not fit is refused, for it would pay for another video."""
    commands = {"second-take": (SECOND_TAKE, "A fox", "Again", "one.mp4",
                                "two.mp4"),
                "preview.py": ("/usr/bin/python3", PREVIEW, "A fox")}
    with Place(points) as place:
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
    with Place(points, "--generation-time", "0.3") as place:
        place.check("second-take saves both videos", SECOND_TAKE, "A fox",
                    "The same at night", "one.mp4", "two.mp4", "duration=2",
                    "resolution=720p", makes=("one.mp4", "two.mp4"))
        points.check(place.charged() == 2, "each was paid for once")


def check_batch(points):
    """Submitting, twice, and collecting elsewhere, twice."""
    prompts = ["A fox", 'A "quoted" hen', "back\\slash"]
    with Place(points) as place:
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
    with Place(points) as place:
        status, said = place.run("/usr/bin/python3", SEVERAL, "videos", "A",
                                 "B", "C")
        faults = [place.fault_of(f"videos/{n}.mp4") for n in (1, 2, 3)]
        points.check(status == 0 and not any(faults),
                     "several.py saves several videos", said, faults)
        points.check(place.charged() == 3, "each was charged once")

    with Place(points, "--generation-time", "30") as place:
        status, screen = run_on_terminal(
            place, "/usr/bin/python3", SEVERAL, "videos", "A",
            interrupt_at="pending|processing")
        points.check(status == 1 and "resumes it" in screen,
                     "Ctrl-C ends several.py cleanly", status, screen)


def check_preview(points):
    """More frames are shown than the video has: those before it."""
    with Place(points, "--generation-time", "2") as place:
        place.environment["GST_DEBUG"] = "basesink:6"
        status, said = place.run("/usr/bin/python3", PREVIEW, "A fox",
                                 "duration=2")
        shown = said.count("rendering object")
        points.check(status == 0 and "Playing" in said and shown > 50,
                     "preview.py shows a placeholder and the video",
                     status, shown)


def check_usage(points):
    """Whatever is typed: a sentence, no traceback, no payment."""
    sheet = os.path.join(simulator.BUILD, "docs", "examples", "contact-sheet")
    with Place(points) as place:
        for command in (
                [SAVE], [SAVE, "-h"], [SAVE, "a", "b", "c"], [SEVERAL, "-h", "x"],
                [SEVERAL, "/dev/null/x", "A fox"], [LOST_ANSWER, "-h", "x"],
                [PREVIEW, "-h"], [PREVIEW, "A fox", "durtion=2"], [BATCH, "-h"],
                [BATCH, "submit", "nowhere", "tasks.tsv"],
                [SECOND_TAKE, "-h"], [sheet, "nowhere", "x.png"]):
            if command[0].endswith(".py"):
                command = ["/usr/bin/python3", *command]
            status, said = place.run(*command)
            points.check(0 < status < 128 and said and "Traceback" not in said,
                         " ".join(command[-3:]), status, said)
        points.check(place.charged() == 0, "nothing was charged")


if __name__ == "__main__":
    signal.alarm(10 * LIMIT)
    tap.main(check_usage, check_save, check_rust, check_lost_answer,
             check_typing_errors, check_second_take, check_batch,
             check_several, check_preview)
