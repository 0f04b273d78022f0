"""A simulator of the service that runs as long as a `with` does.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import shlex
import signal
import subprocess
import tempfile
import time

BUILD = os.environ.get("FOXAPI_BUILD", "")
PROGRAM = os.path.join(BUILD, "tests", "sim", "foxapi-sim")
KEY = "test-key-0123456789"


class Simulator:
    """Fast, silent, and its books are read when it has ended."""

    def __init__(self, *options):
        self.options = options
        self.ledger = None
        self.url = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        url = os.path.join(self._folder.name, "url")
        self._ledger = os.path.join(self._folder.name, "ledger")
        self._process = subprocess.Popen(
            [PROGRAM, "--quiet", "--generation-time", "0.2", "--queue-time",
             "0", "--port-file", url, "--ledger", self._ledger,
             *self.options], stdout=subprocess.DEVNULL)
        while not os.path.exists(url) or not os.path.getsize(url):
            if self._process.poll() is not None:
                raise RuntimeError("the simulator did not start: "
                                   + shlex.join(self.options))
            time.sleep(0.01)
        with open(url, encoding="utf-8") as file:
            self.url = file.read()
        return self

    def stop(self):
        """Ends it and reads its books."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        if self.ledger is None:
            with open(self._ledger, encoding="utf-8") as file:
                self.ledger = json.load(file)
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
