#!/usr/bin/env python3
"""Does a user read messages in the language of the system?

Debian's minimal systems have no locale but C. The data of C.UTF-8 under another
name is one whose messages are translated.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import glob
import os
import re
import shutil
import tempfile

import pages
import simulator
import tap
from simulator import run

FOLDER = os.path.join(pages.ROOT, "gst", "po")
LOCALE = "/usr/lib/locale/C.utf8"
COMPILED = os.path.join(simulator.BUILD, "gst", "po")
MARKED = re.compile(r'\bN?_\(\s*"')
SAVE = ["foxapi-generate", "--model", "wan-2.7-text-to-video", "-o", "fox.mp4",
        "A fox"]


def check_files(points):
    """Whatever is marked is looked at."""
    marked = [path for path, text in pages.sources(".c", ".h", ".py").items()
              if MARKED.search(text)]
    listed = [line for line in pages.read("gst/po/POTFILES.in").splitlines()
              if not line.startswith("#")]
    points.check(sorted(listed) == sorted(marked), "POTFILES.in",
                 tap.differences(listed, marked))


def check_complete(points):
    """Each message is there in each language, with its arguments."""
    if shutil.which("xgettext") is None:
        points.skip("messages", "there is no gettext")
        return
    with tempfile.TemporaryDirectory() as folder:
        template = os.path.join(folder, "messages.pot")
        status, said = run("xgettext", "--from-code=UTF-8", "--keyword=_",
                           "--keyword=N_", "--directory", pages.ROOT, "-f",
                           os.path.join(FOLDER, "POTFILES.in"), "-o", template)
        points.check(status == 0, "messages are found", said)
        for path in glob.glob(os.path.join(FOLDER, "*.po")):
            name = os.path.basename(path)
            status, said = run("msgcmp", path, template)
            points.check(status == 0, f"{name} has every message", said,
                         "ninja -C BUILD gst-foxapi-update-po brings them in")
            status, said = run("msgfmt", "--check-format", "-o", os.devnull, path)
            points.check(status == 0, f"{name} keeps the arguments", said)


def check_chinese(points):
    """A refused key, a video, an option."""
    if not os.path.isdir(LOCALE) or not glob.glob(COMPILED + "/zh_CN/*"):
        points.skip("Chinese", "no locale, or no compiled messages")
        return
    with simulator.Place(points) as place:
        shutil.copytree(LOCALE, place.path("zh_CN.utf8"))
        place.environment.update({
            "LOCPATH": place.folder, "LC_ALL": "zh_CN.UTF-8",
            "LANGUAGE": "zh_CN", "FOXAPI_LOCALEDIR": COMPILED})

        place.check("a video, in Chinese", *SAVE,
                    says=("已提交任务", "已保存 fox.mp4"))
        place.check("a wrong value, in Chinese", *SAVE, "--force",
                    "--duration", "99", status=2, says=("错误", "未发送任何内容"))
        said = place.check("an unknown model, in Chinese", "foxapi-models",
                           "no-such-model", status=2, says="这里没有名为")
        for command, wanted in (
                ("foxapi-tasks", "没有等待取回的已付费任务"),
                ("foxapi-tasks ftech", "既不是命令"),
                ("foxapi-clips", "没有片段"),
                ("foxapi-clips paly", "没有 paly 这个命令")):
            _, said = place.run(*command.split())
            points.check(wanted in said, f"{command}, in Chinese", said)
        place.environment["FOXAPI_API_KEY"] = ""
        line = ["gst-launch-1.0", "foxapivideosrc", "prompt=x", "!", "fakesink"]
        status, said = place.run(*line)
        points.check(status != 0 and "没有 API 密钥" in said,
                     "an ERROR, in Chinese", status, said)
        place.environment["LANGUAGE"] = "C"
        status, said = place.run(*line)
        points.check(status != 0 and "There is no API key" in said,
                     "the same in English", status, said)


if __name__ == "__main__":
    tap.main(check_files, check_complete, check_chinese)
