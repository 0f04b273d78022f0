#!/usr/bin/env python3
"""Are options, faults, records, variables and debug categories documented as they
are?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import glob
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request

import pages
import simulator
import tap


def names_in(page, first_column, pattern):
    """What the first cells of a kind of table name."""
    return [re.match(pattern, pages.code_of(row[0])[0]).group(1)
            for table in page.find_tables(first_column)
            for row in table.rows]


def check_simulator(points):
    """Options and faults."""
    page = pages.Page("docs/internals/simulator.md")
    options = re.findall(r"^  (?:-\w, )?--([\w-]+)", simulator.run(
        simulator.PROGRAM, "--help")[1].split("Application Options:")[1],
                         re.MULTILINE)
    said = names_in(page, "option", r"--([\w-]+)")
    points.check(sorted(said) == sorted(options), "options of foxapi-sim",
                 tap.differences(said, options))
    _, kinds = simulator.run(simulator.PROGRAM, "--fault", "submit:1:?")
    kinds = kinds.split("these are: ")[1]
    kinds = kinds.strip().split(", ")
    said = names_in(page, "kind", r"([\w-]+)")
    points.check(sorted(said) == sorted(kinds), "kinds of faults",
                 tap.differences(said, kinds))


def launch(*properties):
    """A launch line."""
    return ["gst-launch-1.0", "-q", "foxapivideosrc", "prompt=x", *properties,
            "!", "fakesink"]


def kill_with_record(place, has_field, line):
    """The record of a task whose process was killed when the record had that."""
    with subprocess.Popen(line, env=place.environment,
                          stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            for path in glob.glob(place.path("home/state/*/*.task")):
                with open(path, encoding="utf-8") as file:
                    record = json.load(file)
                if has_field in record:
                    process.kill()
                    return record
            time.sleep(0.02)
    return {}


def check_lost_answer(points):
    """A launch line that is refused, because the answer to an earlier one was
    lost, ends, and names a command that helps."""
    with simulator.Place(points, "--fault", "submit:1:delay=5000") as place:
        line = launch("output=task")
        kill_with_record(place, "process", line)
        status, said = place.run(*line, limit=120)
        command = re.search("`(foxapi-tasks forget .*)`", said)
        points.check(status == 1 and command,
                     "a lost answer is not paid for again", said)
        if command:
            place.check("the command runs", "sh", "-c", command.group(1))
            place.check("foxapi-tasks forget helps", *line, limit=120)


def has_open(process, folder):
    """Has a process a file open that is, or was, in a folder?"""
    where = f"/proc/{process.pid}/fd"
    for number in os.listdir(where):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(os.path.join(where, number)).startswith(folder):
                return True
    return False


def check_killed(points):
    """A simulator that is killed while it renders leaves no file."""
    with tempfile.TemporaryDirectory() as temporary:
        with simulator.Simulator(TMPDIR=temporary) as service:
            body = {"model": "wan-2.7-text-to-video", "prompt": "x",
                    "duration": 10}
            urllib.request.urlopen(urllib.request.Request(
                service.url + "/v1/videos/generations", json.dumps(body).encode(),
                {"Authorization": f"Bearer {simulator.KEY}",
                 "Content-Type": "application/json"})).close()
            while not has_open(service.process, temporary):
                time.sleep(0.001)
            service.process.kill()
        left = os.listdir(temporary)
        points.check(not left, "a killed simulator leaves no file", *left)


def check_record(points):
    """Every field of a record: an intent has its process instead of the task."""
    page = pages.Page("docs/task-store.md")
    said = [name for table in page.find_tables("field")
            for row in table.rows for name in pages.code_of(row[0])]
    with simulator.Place(points, "--generation-time", "60") as place:
        record = kill_with_record(place, "task_id", launch())
        _, listed = place.run("foxapi-tasks")
    fields = [*record, "process"]
    points.check(sorted(said) == sorted(fields), "fields of a record",
                 tap.differences(said, fields))
    points.check(record.get("task_id", "?") in listed,
                 "foxapi-tasks lists it", listed)


def find_in_sources(pattern):
    """What the plugin's sources have of that form."""
    return set(re.findall(pattern, "\n".join(pages.sources(".c").values())))


def check_sources(points):
    """Variables and debug categories."""
    read = find_in_sources(r'g_getenv \("(\w+)"\)')
    page = pages.Page("docs/foxapivideosrc.md")
    said = set(names_in(page, "variable", r"(\w+)"))
    points.check(read <= said, "variables of the environment", *read - said)

    found = find_in_sources(r'DEBUG_CATEGORY_INIT \(\w+,\s*"(\w+)"')
    page = pages.Page("docs/internals/contributing.md")
    said = {name for table in page.find_tables("category")
            for row in table.rows for name in pages.code_of(row[0])}
    points.check(found <= said, "debug categories", *found - said)


def check_files(points):
    """The design names every source, and no other."""
    page = pages.Page("docs/internals/design.md")
    said = [os.path.join(table.heading, pages.code_of(row[0])[0])
            for table in page.find_tables("file") for row in table.rows]
    found = pages.sources(".c", ".py")
    points.check(sorted(said) == sorted(found), "sources in the design",
                 tap.differences(said, found))


def check_installed(points):
    """What is installed is found, and the README names its folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["meson", "install", "-C", simulator.BUILD,
                        "--no-rebuild", "--destdir", folder], check=True,
                       stdout=subprocess.DEVNULL)
        found = glob.glob(os.path.join(folder, "**", "libgstfoxapi.so"),
                          recursive=True)
        environment = simulator.environment(None, folder)
        environment["GST_PLUGIN_PATH"] = os.path.dirname(found[0])
        environment["GST_REGISTRY"] = os.path.join(folder, "registry")
        for element in os.environ["FOXAPI_ELEMENTS"].split():
            status, said = simulator.run("gst-inspect-1.0", element,
                                         env=environment)
            points.check(status == 0 and folder in said,
                         f"gst-inspect-1.0 finds {element} where it is "
                         "installed", found, said)
        for name in "foxapi-clips", "foxapi-tasks":
            found = glob.glob(os.path.join(folder, "**", "bin", name),
                              recursive=True)
            _, said = simulator.run(*found, "--version")
            points.check(len(found) == 1 and name in said,
                         f"{name} runs where it is installed", said)


if __name__ == "__main__":
    tap.main(check_simulator, check_record, check_lost_answer, check_killed,
             check_sources, check_files, check_installed)
