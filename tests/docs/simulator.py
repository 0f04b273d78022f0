"""A simulator of the service that runs as long as a `with` does, and what a user
has beside it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import tempfile
import time

BUILD = os.environ.get("FOXAPI_BUILD", "")
PROGRAM = os.path.join(BUILD, "tests", "sim", "foxapi-sim")
KEY = "test-key-0123456789"
LIMIT = 60
VIDEO = (".mp4", ".mkv", ".webm", ".mov", ".ts", ".ogv")
SOUND = (".ogg", ".opus", ".wav", ".flac")
PICTURE = (".png", ".jpg")


def run(*command, **options):
    """Runs to the end: status and output, errors last."""
    done = subprocess.run(command, check=False, **{
        "capture_output": True, "text": True, "timeout": LIMIT, **options})
    return done.returncode, done.stdout + done.stderr


def fault_of(path, env):
    """What is wrong with the file, None if it is as it should be."""
    if not os.path.exists(path):
        return f"{path} was not made"
    if os.path.getsize(path) == 0:
        return f"{path} is empty"
    ending = os.path.splitext(path)[1]
    if ending == ".json":
        with open(path, encoding="utf-8") as file:
            try:
                json.load(file)
            except ValueError as error:
                return f"{path} is no JSON: {error}"
    if ending in VIDEO + SOUND + PICTURE:
        status, said = run("gst-discoverer-1.0", os.path.abspath(path), env=env)
        kind = "audio" if ending in SOUND else "video"
        if ending in PICTURE:
            kind = "image|video"
        if status != 0 or not re.search(rf"^\s*({kind})", said,
                                        re.MULTILINE):
            return f"{path} cannot be played:\n{said}"
        # A segment of MPEG-TS does not tell.
        if ending in VIDEO + SOUND and ending != ".ts" \
                and "Duration: 0:00:00.000" in said:
            return f"{path} has no duration"
    return None


class Simulator:
    """Fast, and its books and its log are read when it has ended."""

    def __init__(self, *options, **variables):
        self.options = options
        self.variables = variables
        self.ledger = self.log = self.process = self.url = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        with open(self._path("log"), "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--generation-time", "0.2", "--queue-time", "0",
                 "--port-file", self._path("url"), "--ledger",
                 self._path("ledger"), *self.options], stdout=log,
                env={**os.environ, **self.variables})
        while not self._read("url"):
            if self.process.poll() is not None:
                raise RuntimeError("the simulator did not start: "
                                   + shlex.join(self.options))
            time.sleep(0.01)
        self.url = self._read("url")
        return self

    def _path(self, name):
        return os.path.join(self._folder.name, name)

    def _read(self, name):
        if not os.path.exists(self._path(name)):
            return ""
        with open(self._path(name), encoding="utf-8") as file:
            return file.read()

    def stop(self):
        """Ends it and reads its books, unless it was killed."""
        self.process.terminate()
        self.process.wait()
        if self.ledger is None and self.process.returncode != -signal.SIGKILL:
            self.ledger = json.loads(self._read("ledger"))
            self.log = self._read("log")
        return self.ledger

    def __exit__(self, *exception):
        try:
            self.stop()
        finally:
            self._folder.cleanup()


def environment(simulator, home):
    """What a user's shell has: the plugin, the tools, key and address. What
    needs a display or a loudspeaker plays into nothing."""
    result = {name: value for name, value in os.environ.items()
              if not name.startswith(("MESON", "FOXAPI_", "GST_"))}
    result.update({
        "HOME": home,
        "XDG_STATE_HOME": os.path.join(home, "state"),
        "XDG_CACHE_HOME": os.path.join(home, "cache"),
        "PATH": os.pathsep.join([
            os.path.join(BUILD, "gst", "tools"),
            os.path.dirname(PROGRAM),
            os.path.join(BUILD, "docs", "examples"), os.environ["PATH"]]),
        "GST_PLUGIN_PATH": os.path.join(BUILD, "gst", "foxapi"),
        "GST_REGISTRY": os.path.join(BUILD, "tests", "docs", "registry"),
        "GST_PLUGIN_FEATURE_RANK": "fakevideosink:max,fakeaudiosink:max",
        "FOXAPI_BASE_URL": simulator.url if simulator else "",
        "FOXAPI_API_KEY": KEY,
        "no_proxy": "127.0.0.1,localhost",
    })
    return result


def listed(value):
    """One, or several."""
    return value if isinstance(value, (list, tuple, range)) else [value]


class Place:
    """A folder and a simulator to try things with, and the points of that."""

    def __init__(self, points, *options):
        self.points = points
        self.service = Simulator(*options)
        self._folder = tempfile.TemporaryDirectory()
        self.folder = self._folder.name

    def __enter__(self):
        self.service.__enter__()
        self.environment = environment(
            self.service, os.path.join(self.folder, "home"))
        return self

    def __exit__(self, *exception):
        self.service.__exit__(*exception)
        self._folder.cleanup()

    def path(self, name):
        """A path in the folder."""
        return os.path.join(self.folder, name)

    def run(self, *command, typed="", limit=LIMIT):
        """Runs to the end in the folder: status and output."""
        return run(*command, cwd=self.folder, env=self.environment,
                   input=typed, timeout=limit)

    def check(self, name, *command, status=0, says=(), lacks=(),
              makes=(), **options):
        """A point: a command ends with that status, says that, and makes those
        files. Returns what it said."""
        found, said = self.run(*map(str, command), **options)
        faults = [fault for fault in map(self.fault_of, listed(makes)) if fault]
        self.points.check(
            found in listed(status) and not faults
            and all(words in said for words in listed(says))
            and not any(words in said for words in listed(lacks)),
            name, command, found, said, *faults)
        return said

    def charged(self):
        """How many tasks the service has charged; it ends."""
        return len(self.service.stop()["tasks"])

    def fault_of(self, name):
        """What is wrong with a file."""
        return fault_of(self.path(name), self.environment)


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
