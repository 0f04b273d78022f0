#!/usr/bin/env python3
"""Does foxapi-generate do what its man page says: files, values, exit statuses,
money, Ctrl-C?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess

import pages
import plugin
import simulator
import tap
from simulator import Place, run_on_terminal

TOOL = os.path.join(simulator.BUILD, "gst", "tools", "foxapi-generate")
LOGO = "/usr/share/pixmaps/debian-logo.png"
NO_OPTIONS = {"prompt", "api-key", "proxy-pw", "tls-database",
              "tls-interaction"}


def check_saving(points):
    """A file under its name, and under no other; a second run pays nothing."""
    with Place(points) as place:
        said = place.check("a video is saved", TOOL, "A Fox, at night",
                           "--duration=2", says="Saved a-fox-at-night.mp4",
                           makes="a-fox-at-night.mp4")
        points.check(os.listdir(place.folder).count(
            "a-fox-at-night.mp4.part") == 0, "no .part is left")
        points.check("Downloading" in said, "the download is reported", said)
        place.check("no file is replaced by surprise", TOOL, "A Fox, at night",
                    status=2, says="exists already")
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
             ["--ssl-strict=perhaps"], ["--task-id="], ["--timeout=-1"],
             ["--timeout=4294967295"], ["--poll-interval=4294967296"],
             ["--retries=-2"], ["--duration=4294967298"],
             ["--duration="], ["--duration=2.5"], ["--model="],
             ["--extra-parameters=,,"],
             ["--extra-parameters=foo"], ["--extra-parameters=a,x=true;b"],
             ["too", "many"], ["too", b"many\xff"], [b"--task-id=\xfc"],
             ["-o", ""],
             ["-o", "/nowhere/x.mp4"], ["-o", "."], ["-o", "-"], ["-f", "-o", "pipe"]]
    with Place(points) as place:
        os.mkfifo(place.path("pipe"))
        for options in wrong:
            status, said = place.run(TOOL, "A fox", *options)
            points.check(status == 2 and said, f"refused: {options}", status,
                         said)
        place.check("no prompt", TOOL, status=2, says="prompt")
        for word in "prompt=A fox", "duration=5", "", "  ", "-":
            place.check(f"no prompt: {word}", TOOL, word, status=2,
                        says="Nothing was sent")
        status, said = place.run(TOOL, "-n", "A fox", "--seed=7",
                                 "--reference-image", LOGO)
        request = json.loads(said[:said.rindex("}") + 1])
        points.check(status == 0 and request["seed"] == 7
                     and request["reference_image_urls"] == ["file://" + LOGO]
                     and "Nothing was sent" in said, "--dry-run", said)
        place.check("a slip in the model", TOOL, "-n", "A fox",
                    "--model=wan-2.7-text2video",
                    says="mean wan-2.7-text-to-video")
        points.check(place.charged() == 0
                     and place.service.ledger.get("uploads", []) == [],
                     "nothing was sent")


def check_model(points):
    """Without --model, the one that takes what is given; a trial needs no key."""
    with Place(points) as place:
        place.environment["FOXAPI_API_KEY"] = ""
        shutil.copy(LOGO, place.path("take 1:b.png"))
        shutil.copy(LOGO, place.path("a:b.png"))
        for options, model in [
                (["--first-frame=a:b.png"], "wan-2.7-image-to-video"),
                (["--first-frame=take 1:b.png"], "wan-2.7-image-to-video"),
                ([], "wan-2.7-text-to-video"),
                (["--reference-image", LOGO], "wan-2.7-reference-to-video"),
                (["--first-frame", LOGO], "wan-2.7-image-to-video"),
                (["--first-frame", LOGO, "--model=sora-2"], "sora-2")]:
            place.check(f"{model}: {options}", TOOL, "-n", "A fox", *options,
                        says=(f'"{model}"', "no API key"))
        for options, wanted in [
                (["--source-video=https://a.example/b.mp4"], "wan-2.7-video-edit"),
                (["--api-key=x"], "environment variable FOXAPI_API_KEY"),
                (["--first-frame="], "FILE|URL"), (["-o", "."], "is a folder"),
                (["-o", "nowhere/x.mp4"], "The folder nowhere")]:
            place.check(f"refused: {options}", TOOL, "-n", "A fox", *options,
                        status=2, says=wanted)
        os.symlink("nowhere.mp4", place.path("link.mp4"))
        place.check("a link is not replaced", TOOL, "-n", "-f", "-o",
                    "link.mp4", "A fox", status=2, says="exists")


def check_output(points):
    """What scripts read: the name of the file, and faults as JSON."""
    with Place(points) as place:
        options = {"cwd": place.folder, "env": place.environment, "text": True,
                   "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        run = subprocess.run([TOOL, "A fox", "--duration=2"], check=False, **options)
        points.check(run.stdout == "a-fox.mp4\n", "the name of the file",
                     run.stdout)
        place.run("sh", "-c", '"$0" "A closed fox" --json <&- >&- 2>&-', TOOL)
        points.check(not place.fault_of("a-closed-fox.mp4"),
                     "nothing that is said gets into the file")
        run = subprocess.run([TOOL, "--dry-run", "Füchse 雨"], check=False,
                             **{**options, "env": {**place.environment,
                                                   "LC_ALL": "C"}})
        points.check(run.returncode == 0 and json.loads(run.stdout)["prompt"]
                     == "Füchse 雨", "UTF-8 in the locale C", run.stdout)
        for wrong in ["--duration=x"], ["-o", "a-fox.mp4"], ["-o", "/nowhere/x"]:
            run = subprocess.run([TOOL, "--json", "A fox", *wrong], check=False,
                                 **options)
            event = json.loads(run.stdout or "{}")
            points.check(run.returncode == 2 and event.get("event") == "error"
                         and event.get("exit-status") == 2, f"--json {wrong}",
                         run.stdout)


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
        with Place(points, *options) as place:
            said = place.check(f"exit status: {what}", TOOL, *arguments, "-o",
                               "x.mp4", status=wanted)
            points.check(not os.path.exists(place.path("x.mp4"))
                         and not os.path.exists(place.path("x.mp4.part")),
                         f"no file is left: {what}")
            if wanted == 4:
                points.check("--resubmit-maybe-charged" in said,
                             "it says how to submit again", said)
                place.check("which is refused without", TOOL, "x", "-o",
                            "x.mp4", status=4)
                place.check("and done with it", TOOL, "x", "-o", "x.mp4",
                            "--resubmit-maybe-charged")


def check_interrupt(points):
    """Ctrl-C, and the same command again."""
    with Place(points, "--generation-time", "4") as place:
        command = [TOOL, "A fox", "-o", "fox.mp4", "--poll-interval=200"]
        status, screen = run_on_terminal(
            place, *command, interrupt_at=r"\[#+\.+\] +\d+ %, \d+:\d\d so far")
        points.check(status == 130 and "same command" in screen, "Ctrl-C",
                     status, screen)
        said = place.check("it resumes", *command, says="no new charge",
                           makes="fox.mp4")
        points.check(place.charged() == 1, "it was charged once")

    for options, wanted in [([], "--task-id task-1 "), (["--status"], "goes on")]:
        with Place(points) as place, socket.create_server(("127.0.0.1", 0)) as server:
            run = subprocess.Popen(
                [TOOL, "--task-id=task-1", "--base-url",
                 "http://127.0.0.1:%d" % server.getsockname()[1], *options],
                cwd=place.folder, text=True, env=place.environment,
                stderr=subprocess.PIPE)
            connection, _ = server.accept()
            run.send_signal(signal.SIGINT)
            _, said = run.communicate()
            connection.close()
            points.check(run.returncode == 130 and wanted in said
                         and "has been sent" not in said,
                         f"Ctrl-C before the first answer: {options}", said)

    for number in signal.SIGINT, signal.SIGHUP:
        with Place(points, "--generation-time", "60") as place:
            command = [TOOL, "A fox", "-o", "fox.mp4",
                       "--task-store=/proc/nowhere"]
            # nohup, which the tests may run under, has one of them ignored.
            run = subprocess.Popen([*command, "--json"], cwd=place.folder,
                                   text=True, env=place.environment,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(
                                       signal.SIGHUP, signal.SIG_DFL))
            while json.loads(run.stdout.readline())["event"] != "task":
                pass
            run.send_signal(number)
            _, said = run.communicate()
            points.check(run.returncode == 128 + number
                         and "same command" not in said
                         and "--task-id task-" in said,
                         f"what is not recorded: {number}", said)


def check_file(points):
    """A record outlives the name of its file, and a file has one writer."""
    with Place(points, "--generation-time", "2") as place:
        command = [TOOL, "A fox", "-o", "fox.mp4", "--poll-interval=200"]
        first = subprocess.Popen(
            [*command, "--json"], cwd=place.folder, env=place.environment,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first.stdout.readline()
        place.check("a second writer is refused", *command, status=2,
                    says="Another process")
        os.mkdir(place.path("fox.mp4"))
        _, said = first.communicate()
        points.check(first.returncode == 6 and "could not be renamed" in said
                     and not place.fault_of("fox.mp4.part"),
                     "a file that cannot be renamed", first.returncode, said)
        os.rmdir(place.path("fox.mp4"))
        place.check("it resumes", *command, says="no new charge",
                    makes="fox.mp4")
        points.check(place.charged() == 1, "and was charged once")


def check_full_disk(points):
    """What could not be written in full gets no name, and its task is kept. The
    limit of a file's size stands for the disk's."""
    with Place(points) as place:
        command = f'"{TOOL}" "A fox" --duration=2 -o fox.mp4'
        for run in "first", "second", "third":
            status, said = place.run("sh", "-c",
                                     "trap '' XFSZ; ulimit -f 100; " + command)
            points.check(status == 6 and "Error" in said
                         and "Saved" not in said
                         and not os.path.exists(place.path("fox.mp4")),
                         f"a full disk, {run} run", status, said)
        place.check("it resumes", "sh", "-c", command, says="no new charge",
                    makes="fox.mp4")
        points.check(place.charged() == 1, "and was charged once")


def check_pages(points):
    """The man page has the options of --help; the completion is bash."""
    environment = simulator.environment(None, "/")
    _, said = simulator.run(TOOL, "--help", env=environment)
    points.check(max(map(len, said.splitlines())) <= 80,
                 "--help fits a terminal", said)
    options, text = pages.check_man_page(points, "foxapi-generate", said)
    missing = {spec.name for spec in plugin.own_properties(plugin.source())
               if "write" in plugin.access_of(spec)
               and not {spec.name, re.sub("-urls?$", "", spec.name)} & options}
    points.check(missing == NO_OPTIONS, "an option for each property", missing)
    statuses = set(re.findall(r"^  (\d+) ", said, re.MULTILINE))
    points.check(all(re.search(rf"^\.BR? {status}\b", text, re.MULTILINE)
                     for status in statuses), "exit statuses", statuses)
    _, wrong = simulator.run(TOOL, "-n", "--resolution=?", env=environment)
    points.check("720p|1080p|" in wrong, "words for the completion", wrong)
    status, said = simulator.run("bash", "-n", os.path.join(
        pages.ROOT, "gst", "tools", "completion.bash"))
    points.check(status == 0, "the completion is bash", said)


if __name__ == "__main__":
    signal.alarm(600)
    tap.main(check_saving, check_values, check_model, check_output,
             check_statuses, check_interrupt, check_file, check_full_disk,
             check_pages)
