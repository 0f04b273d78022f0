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


def said_by(*arguments):
    """What the simulator prints before it ends."""
    run = subprocess.run([simulator.PROGRAM, *arguments], check=False,
                         capture_output=True, text=True)
    return run.stdout + run.stderr


def names_in(page, first_column, pattern):
    """What the first cells of a kind of table name."""
    return [re.match(pattern, pages.code_of(row[0])[0]).group(1)
            for table in page.find_tables(first_column)
            for row in table.rows]


def check_simulator(points):
    """Options and faults."""
    page = pages.Page("docs/internals/simulator.md")
    options = re.findall(r"^  (?:-\w, )?--([\w-]+)", said_by("--help")
                         .split("Application Options:")[1], re.MULTILINE)
    said = names_in(page, "option", r"--([\w-]+)")
    points.check(sorted(said) == sorted(options), "options of foxapi-sim",
                 tap.differences(said, options))
    kinds = said_by("--fault", "submit:1:?").split("these are: ")[1]
    kinds = kinds.strip().split(", ")
    said = names_in(page, "kind", r"([\w-]+)")
    points.check(sorted(said) == sorted(kinds), "kinds of faults",
                 tap.differences(said, kinds))


def make_record(folder):
    """The record of a task whose process was killed, and what foxapi-tasks
    says of it."""
    with simulator.Simulator("--generation-time", "60") as service:
        environment = simulator.environment(service, folder)
        process = subprocess.Popen(
            ["gst-launch-1.0", "-q", "foxapivideosrc", "prompt=x", "!",
             "fakesink"], env=environment)
        try:
            while process.poll() is None:
                for path in glob.glob(os.path.join(folder, "state", "*",
                                                   "*.task")):
                    with open(path, encoding="utf-8") as file:
                        record = json.load(file)
                    if "task_id" in record:
                        process.kill()
                        process.wait()
                        listed = subprocess.run(
                            ["foxapi-tasks"], env=environment, check=True,
                            capture_output=True, text=True).stdout
                        return record, listed
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
    return {}, ""


def check_lost_answer(points):
    """A launch line that is refused, because the answer to an earlier one was
    lost, ends, and names a command that helps."""
    with tempfile.TemporaryDirectory() as folder, \
            simulator.Simulator("--fault",
                                "submit:1:delay=5000") as service:
        environment = simulator.environment(service, folder)
        line = ["gst-launch-1.0", "foxapivideosrc", "prompt=x", "output=task",
                "!", "fakesink"]
        with subprocess.Popen(line, env=environment,
                              stdout=subprocess.DEVNULL) as process:
            while not glob.glob(os.path.join(folder, "state", "*", "*.task")):
                time.sleep(0.02)
            process.kill()
        refused = subprocess.run(line, env=environment, check=False,
                                 capture_output=True, text=True, timeout=120)
        command = re.search("`(foxapi-tasks forget .*)`", refused.stderr)
        points.check(refused.returncode == 1 and command,
                     "a lost answer is not paid for again", refused.stderr)
        if command:
            subprocess.run(command.group(1), shell=True, env=environment,
                           check=True, stdout=subprocess.DEVNULL)
            again = subprocess.run(line, env=environment, check=False,
                                   capture_output=True, text=True, timeout=120)
            points.check(again.returncode == 0, "foxapi-tasks forget helps",
                         again.stdout, again.stderr)


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
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.TemporaryDirectory() as temporary:
        url = os.path.join(folder, "url")
        with subprocess.Popen([simulator.PROGRAM, "--quiet", "--port-file",
                               url], stdout=subprocess.DEVNULL,
                              env={**os.environ, "TMPDIR": temporary}) \
                as process:
            while not os.path.exists(url) or not os.path.getsize(url):
                time.sleep(0.01)
            with open(url, encoding="utf-8") as file:
                address = file.read() + "/v1/videos/generations"
            body = {"model": "wan-2.7-text-to-video", "prompt": "x",
                    "duration": 10}
            urllib.request.urlopen(urllib.request.Request(
                address, json.dumps(body).encode(),
                {"Authorization": f"Bearer {simulator.KEY}",
                 "Content-Type": "application/json"})).close()
            while not has_open(process, temporary):
                time.sleep(0.001)
            process.kill()
        left = os.listdir(temporary)
        points.check(not left, "a killed simulator leaves no file", *left)


def check_record(points):
    """Every field of a record: an intent has its process instead of the task."""
    page = pages.Page("docs/task-store.md")
    said = [name for table in page.find_tables("field")
            for row in table.rows for name in pages.code_of(row[0])]
    with tempfile.TemporaryDirectory() as folder:
        record, listed = make_record(folder)
    fields = [*record, "process"]
    points.check(sorted(said) == sorted(fields), "fields of a record",
                 tap.differences(said, fields))
    points.check(record.get("task_id", "?") in listed,
                 "foxapi-tasks lists it", listed)


def find_in_sources(pattern):
    """What the plugin's sources have of that form."""
    found = set()
    for path in pages.find_files(".c"):
        if path.startswith("gst/"):
            with open(os.path.join(pages.ROOT, path),
                      encoding="utf-8") as file:
                found.update(re.findall(pattern, file.read()))
    return found


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
    found = [path for kind in (".c", ".py") for path in pages.find_files(kind)
             if path.startswith("gst/")]
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
            run = subprocess.run(["gst-inspect-1.0", element],
                                 env=environment, check=False,
                                 capture_output=True, text=True)
            points.check(run.returncode == 0 and folder in run.stdout,
                         f"gst-inspect-1.0 finds {element} where it is "
                         "installed", found, run.stdout[:500], run.stderr)
        for name in "foxapi-clips", "foxapi-tasks":
            found = glob.glob(os.path.join(folder, "**", "bin", name),
                              recursive=True)
            run = subprocess.run([*found, "--version"], check=False,
                                 capture_output=True, text=True)
            points.check(len(found) == 1 and name in run.stdout,
                         f"{name} runs where it is installed", run.stderr)


def main():
    points = tap.Points()
    check_simulator(points)
    check_record(points)
    check_lost_answer(points)
    check_killed(points)
    check_sources(points)
    check_files(points)
    check_installed(points)
    points.end()


if __name__ == "__main__":
    main()
