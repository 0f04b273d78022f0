#!/usr/bin/env python3
"""Does foxapi-tasks show records as docs/task-store.md says, whatever is in them,
fetch one, tell its status, and forget the one it is told to?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import fcntl
import json
import os
import subprocess
import tempfile
import time

import simulator
import tap
from simulator import Place

TOOL = os.path.join(simulator.BUILD, "gst", "tools", "foxapi-tasks")
PROMPT = "狐狸 \x1b]0;owned\x07 \x9b31m \u202egnp.exe\r\n  next     pay"


def run(*arguments, **variables):
    """The tool's output, errors behind it, and its exit status."""
    done = subprocess.run([TOOL, *arguments], capture_output=True, check=False,
                          env={**os.environ, **variables})
    return (done.stdout + done.stderr).decode(), done.returncode


def write(folder, name, age, **fields):
    """A record."""
    entry = {"format": "gst-foxapi task", "version": 1, "service": "https://x",
             "created": int(time.time()) - age, "key_digest": "k",
             "identity": "i", "model": "a-model", **fields}
    path = os.path.join(folder, name + ".task")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(entry, file)
    return path


def check_list(points, folder):
    """Order, time and model; what a terminal could obey is shown instead."""
    text, status = run(folder)
    points.check(status == 0 and text.index("task-young") < text.index(
        "(no task id)") < text.index("task-old"), "the newest first", text)
    day = time.strftime("%Y-%m-%d")
    points.check(day in text and "a-model" in text and "a-2" in text,
                 "time, model and name", text)
    points.check(all(char == "\n" or char.isprintable() for char in text)
                 and "\\x1b]0;owned\\x07" in text and "\\u202e" in text,
                 "escapes are visible", text)
    points.check("狐狸" in text, "other scripts are readable", text)
    points.check("a-4.task cannot be read" in text
                 and "a-5.task cannot be read" in text, "what is no record", text)
    ascii_text, status = run(folder, LC_ALL="C", PYTHONIOENCODING="ascii")
    points.check(status == 0 and ascii_text.isascii()
                 and "\\u72d0" in ascii_text, "a locale without the script",
                 ascii_text)
    text, status = run("--json", folder)
    names = [record["name"] for record in json.loads(text)]
    points.check(names == ["a-1", "a-2", "a-3", "a-4", "a-5"], "--json", text)


def check_forget(points, folder):
    """One goes, the others stay; what a process holds stays."""
    with open(os.path.join(folder, "a-1.task"), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        text, status = run("forget", "task-young", folder)
        points.check(status == 1 and "running pipeline" in text,
                     "what is held stays", text)
    with open(os.path.join(folder, "a-2.task"), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        text, status = run(folder)
        points.check("foxapi-tasks status a-2" not in text
                     and "foxapi-tasks forget a-2" not in text,
                     "no command for an answer that is waited for", text)
        text, status = run("status", "a-2", folder)
        points.check(status == 1 and "no task yet" in text
                     and "forget" not in text, "which is not lost", text)
    for words in ("task-young", "a-2"):
        text, status = run("forget", words, folder)
        points.check(status == 0 and "forgotten" in text, f"forget {words}", text)
    for words in ("task-young", "a-4", "../x"):
        text, status = run("forget", words, folder)
        points.check(status == 1 and "no record" in text, f"no {words}", text)
    points.check(sorted(os.listdir(folder)) ==
                 ["a-3.task", "a-4.task", "a-5.task"], "what is left")


def check_usage(points, folder):
    """Whatever is typed: a sentence, a status, no traceback."""
    for arguments, wanted in (
            (["--help"], 0), (["--version"], 0), (["ftech", "task-old"], 2),
            (["fetch"], 2), (["fetch", "-o"], 2), (["--jsno"], 2),
            (["-o", "x.mp4"], 2), ([folder, "another"], 2),
            (["/etc/passwd"], 1), (["forget", "nope"], 1)):
        text, status = run(*arguments)
        points.check(status == wanted and text and "Traceback" not in text
                     and ("--help" in text) == (status == 2 or "-h," in text),
                     " ".join(arguments), status, text)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([TOOL, folder], stdout=full, check=False, text=True,
                              stderr=subprocess.PIPE)
    points.check(done.returncode == 1 and done.stderr.count("\n") == 1,
                 "a full disk", done.stderr)
    done = subprocess.run(["sh", "-c", '"$0" "$1" >&-', TOOL, folder],
                          check=False, capture_output=True, text=True)
    points.check(not done.stderr, "a closed output", done.stderr)


def check_service(points):
    """Status and video of a task that is waiting, by commands as they are
    printed."""
    generate = os.path.join(simulator.BUILD, "gst", "tools", "foxapi-generate")
    with Place(points, "--generation-time", "2") as place:
        place.check("a task is left", generate, "A fox", "--task-timeout=1",
                    status=6)
        _, said = place.run("foxapi-tasks")
        command = said.splitlines()[-1].split()
        points.check(command[:2] == ["foxapi-tasks", "fetch"],
                     "a command that can be pasted", said)
        name, task = command[0], command[-1]
        status, said = place.run(name, "status", task)
        points.check(status == 0 and said.startswith(task)
                     and "%" in said, "status", status, said)
        status, said = place.run(name, "status", "--json", task)
        points.check(json.loads(said)["task-id"] == task, "status --json", said)
        place.check("an unknown one", name, "status", "nope", status=2,
                    says="no such task")
        _, said = place.run(name)
        points.check(task in said, "which touches no record", said)
        url = place.environment["FOXAPI_BASE_URL"]
        place.environment["FOXAPI_BASE_URL"] = "https://example.invalid"
        place.check("another service", name, "fetch", task, status=1, says=url)
        place.environment["FOXAPI_BASE_URL"] = url + "/v1/"
        place.check("fetch", *command, "-o", "fox.mp4", makes="fox.mp4")
        status, said = place.run(name)
        points.check("No paid task" in said, "and its record is gone", said)
        points.check(place.charged() == 1, "it was charged once")


def check_records(points):
    """Records of all kinds, in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, "a-3", 7200, task_id="task-old")
        write(folder, "a-1", 10, task_id="task-young", prompt=PROMPT)
        write(folder, "a-2", 600)
        with open(os.path.join(folder, "a-4.task"), "wb") as file:
            file.write(b"\xff[[[")
        os.mkfifo(os.path.join(folder, "a-5.task"))
        check_list(points, folder)
        check_forget(points, folder)
        missing = os.path.join(folder, "missing")
        text, status = run(missing)
        points.check(status == 1 and "no directory" in text, "no directory", text)
        text, status = run(XDG_STATE_HOME=missing)
        points.check(status == 0 and "No paid task" in text, "nothing yet", text)
        check_usage(points, folder)


if __name__ == "__main__":
    tap.main(check_records, check_service)
