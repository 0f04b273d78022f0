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
import subprocess
import tempfile

import pages
import simulator
import tap

FOLDER = os.path.join(pages.ROOT, "gst", "po")
LOCALE = "/usr/lib/locale/C.utf8"
COMPILED = os.path.join(simulator.BUILD, "gst", "po")
MARKED = re.compile(r'\bN?_\(\s*"')
SAVE = ["foxapi-generate", "--model", "wan-2.7-text-to-video", "-o", "fox.mp4",
        "A fox"]


def run(command, **options):
    """Runs to the end: status and output."""
    outcome = subprocess.run(command, capture_output=True, text=True,
                             check=False, timeout=60, **options)
    return outcome.returncode, outcome.stdout + outcome.stderr


def check_files(points):
    """Whatever is marked is looked at."""
    marked = []
    for path in pages.find_files(".c", ".h", ".py"):
        with open(os.path.join(pages.ROOT, path), encoding="utf-8") as file:
            if path.startswith("gst/") and MARKED.search(file.read()):
                marked.append(path)
    with open(os.path.join(FOLDER, "POTFILES.in"), encoding="utf-8") as file:
        listed = [line for line in file.read().splitlines()
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
        status, said = run(["xgettext", "--from-code=UTF-8", "--keyword=_",
                            "--keyword=N_", "--directory", pages.ROOT, "-f",
                            os.path.join(FOLDER, "POTFILES.in"), "-o",
                            template])
        points.check(status == 0, "messages are found", said)
        for path in glob.glob(os.path.join(FOLDER, "*.po")):
            name = os.path.basename(path)
            status, said = run(["msgcmp", path, template])
            points.check(status == 0, f"{name} has every message", said,
                         "ninja -C BUILD gst-foxapi-update-po brings them in")
            status, said = run(["msgfmt", "--check-format", "-o", os.devnull,
                                path])
            points.check(status == 0, f"{name} keeps the arguments", said)


def check_chinese(points):
    """A refused key, a video, an option."""
    if not os.path.isdir(LOCALE) or not glob.glob(COMPILED + "/zh_CN/*"):
        points.skip("Chinese", "no locale, or no compiled messages")
        return
    with tempfile.TemporaryDirectory() as folder, \
            simulator.Simulator() as service:
        shutil.copytree(LOCALE, os.path.join(folder, "zh_CN.utf8"))
        environment = simulator.environment(service, folder)
        environment.update({
            "LOCPATH": folder, "LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "zh_CN",
            "FOXAPI_LOCALEDIR": COMPILED})
        options = {"env": environment, "cwd": folder}

        status, said = run(SAVE, **options)
        points.check(status == 0 and "已提交任务" in said and "已保存 fox.mp4"
                     in said, "a video, in Chinese", status, said)
        status, said = run(SAVE + ["--force", "--duration", "99"], **options)
        points.check(status == 2 and "错误" in said and "未发送任何内容" in said,
                     "a wrong value, in Chinese", status, said)
        status, said = run(["foxapi-models", "no-such-model"], **options)
        points.check(status == 2 and "这里没有名为" in said,
                     "an unknown model, in Chinese", status, said)
        for command, wanted in (
                ("foxapi-tasks", "没有等待取回的已付费任务"),
                ("foxapi-tasks ftech", "既不是命令"),
                ("foxapi-clips", "没有片段"),
                ("foxapi-clips paly", "没有 paly 这个命令")):
            _, said = run(command.split(), **options)
            points.check(wanted in said, f"{command}, in Chinese", said)
        environment["FOXAPI_API_KEY"] = ""
        status, said = run(["gst-launch-1.0", "foxapivideosrc", "prompt=x", "!",
                            "fakesink"], **options)
        points.check(status != 0 and "没有 API 密钥" in said,
                     "an ERROR, in Chinese", status, said)
        environment["LANGUAGE"] = "C"
        status, said = run(["gst-launch-1.0", "foxapivideosrc", "prompt=x", "!",
                            "fakesink"], **options)
        points.check(status != 0 and "There is no API key" in said,
                     "the same in English", status, said)


def main():
    points = tap.Points()
    check_files(points)
    check_complete(points)
    check_chinese(points)
    points.end()


if __name__ == "__main__":
    main()
