"""Is a file what its name says?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import re
import subprocess

VIDEO = (".mp4", ".mkv", ".webm", ".mov", ".ts", ".ogv")
SOUND = (".ogg", ".opus", ".wav", ".flac")
PICTURE = (".png", ".jpg")


def fault_of(path, environment):
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
        run = subprocess.run(["gst-discoverer-1.0", os.path.abspath(path)],
                             env=environment, capture_output=True, text=True,
                             check=False, timeout=60)
        said = run.stdout + run.stderr
        kind = "audio" if ending in SOUND else "video"
        if ending in PICTURE:
            kind = "image|video"
        if run.returncode != 0 or not re.search(rf"^\s*({kind})", said,
                                        re.MULTILINE):
            return f"{path} cannot be played:\n{said}"
        # A segment of MPEG-TS does not tell.
        if ending in VIDEO + SOUND and ending != ".ts" \
                and "Duration: 0:00:00.000" in said:
            return f"{path} has no duration"
    return None
