#!/usr/bin/env python3
"""Runs every block of the documentation against the simulator.

A block runs by `sh -eu` in a folder of its own that looks like the top of the
checkout, with the environment of a user. It has to end with 0 (or, where its
directive says `fails`, not), and each file that it makes or names has to be
what its name says. Blocks of C and Python stand in an example, word by word.

With arguments, only the blocks whose place (as printed) has one of them in it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import concurrent.futures
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile

import pages
import simulator
import tap

LIMIT = 120
TOP = ("README.md", "demo.sh", "docs", "gst", "meson.build", "meson_options.txt",
       "setup.sh", "test.sh", "tests")
LANGUAGES = ("sh", "c", "python", "json", "text")
# These have their commands compared with the page they translate.
TRANSLATIONS = ("README.zh-CN.md",)
LOCATION = re.compile(r"\blocation=\"?([^\s\"]+)")
COMPLAINTS = re.compile(r"CRITICAL|GLib-GObject-WARNING|erroneous pipeline")


class SourcePage:
    """A source file: the launch lines in its comments are blocks, too."""

    def __init__(self, path):
        self.path = path
        self.blocks = []
        text = pages.read(path)
        for found in re.finditer(r"^ \* \|\[\n((?: \*.*\n)*?) \* \]\|", text,
                                 re.MULTILINE):
            line = text.count("\n", 0, found.start()) + 1
            block = pages.Block(self, line, "sh", None)
            block.lines = [re.sub(r"^ \* ?", "", line)
                           for line in found.group(1).splitlines()]
            self.blocks.append(block)


def make_checkout(folder):
    """Lets a folder look like the top of a new checkout: what somebody has made
    there with the lines of the pages would be shared by all blocks."""
    for name in TOP:
        os.symlink(os.path.join(pages.ROOT, name), os.path.join(folder, name))
    os.symlink(simulator.BUILD, os.path.join(folder, "build"))


def made_files(folder):
    """What a block has made in its folder."""
    return [os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names
            if not os.path.islink(os.path.join(where, name))]


def named_files(text):
    """What its launch lines write to."""
    return {name for name in LOCATION.findall(text)
            if not re.search(r"[$%]", name) and "filesrc" not in text}


def run_until(process, text):
    """Reads on until the output has the text, then interrupts."""
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            os.killpg(process.pid, signal.SIGINT)
    return said


def execute(block, folder, environment):
    """Runs a block, and says what is wrong."""
    until = block.option("until")
    process = subprocess.Popen(
        ["sh", "-eu", "-c", block.text], cwd=folder, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        if until:
            said = run_until(process, until)
            process.wait(LIMIT)
        else:
            said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return f"did not end within {LIMIT} s\n{said}"

    if until and until not in said:
        return f"never said {until}\n{said}"
    ended_well = process.returncode == 0 \
        or (until and process.returncode == -signal.SIGINT)
    if ended_well == (block.option("fails") is not None):
        return f"ended with {process.returncode}\n{said}"
    if COMPLAINTS.search(said):
        return f"complains\n{said}"
    if block.option("fails") is None:
        for name in sorted(named_files(block.text).union(made_files(folder))):
            fault = simulator.fault_of(os.path.join(folder, name), environment)
            if fault and not name.startswith("."):
                return f"{fault}\n{said}"
    return None


def run(block):
    """Tries a block of shell, with all that belongs to it."""
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.TemporaryDirectory() as home, \
            simulator.Simulator(*shlex.split(block.option("sim") or "")
                                ) as service:
        make_checkout(folder)
        if block.option("address"):
            with open(os.path.join(folder, block.option("address")), "w",
                      encoding="utf-8") as file:
                file.write(service.url)
        environment = simulator.environment(service, home)
        environment["DESTDIR"] = os.path.join(home, "installed")
        environment["G_DEBUG"] = "fatal-criticals"
        return execute(block, folder, environment)


def find_in_example(block):
    """Is a block of C or Python a piece of an example?"""
    path = block.option("from")
    if not path:
        return "has no <!-- test: from PATH --> above it"
    return None if block.text in pages.read(path) else f"is not in {path}"


def needs_other_build(block):
    """Does a block run the bin, which can be left out of a build?"""
    return "foxapivideobin" in block.text and block.language == "sh" \
        and "foxapivideobin" not in os.environ["FOXAPI_ELEMENTS"].split()


def look_at(block):
    """What is wrong with a block, None if nothing is."""
    if block.language not in LANGUAGES:
        return f"its language is one of {', '.join(LANGUAGES)}"
    if block.language == "sh":
        return run(block)
    if block.language in ("c", "python"):
        return find_in_example(block)
    if block.language == "json":
        try:
            json.loads(block.text)
        except ValueError as error:
            return error
    return None


def check_prose(points, all_pages):
    """Launch lines stand in blocks, where they are run."""
    loose = [f"{page.path}:{number}" for page in all_pages
             for number, line in page.prose
             if re.search(r"gst-launch-1\.0 .* ! ", line)]
    points.check(not loose, "every launch line is in a block", *loose)


def check_blocks(points):
    """All that are wanted, a few at once."""
    all_pages = pages.read_all()
    wanted = sys.argv[1:]
    blocks = [block for page in all_pages if page.path not in TRANSLATIONS
              for block in page.blocks]
    for path in pages.sources(".c"):
        blocks += SourcePage(path).blocks
    blocks = [block for block in blocks if block.language != "text" and (
        not wanted or any(word in block.name for word in wanted))]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        runs = {}               # what stands twice is run once
        outcomes = []
        for block in blocks:
            key = (block.text, block.directive)
            if block.option("not") or needs_other_build(block):
                runs[key] = None
            elif key not in runs:
                runs[key] = pool.submit(look_at, block)
            outcomes.append((block, runs[key]))
        for block, outcome in outcomes:
            if outcome is None:
                points.skip(block.name, "not " + (
                    block.option("not") or "built: foxapivideobin"))
            else:
                fault = outcome.result()
                points.check(fault is None, block.name, block.text, fault)
    if not wanted:
        check_prose(points, all_pages)


if __name__ == "__main__":
    tap.main(check_blocks)
