#!/usr/bin/env python3
"""Are version numbers and `Since:` in step with meson.build and the changelog?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import re

import pages
import plugin
import tap


def numbers(version):
    """A version as something to compare."""
    return tuple(int(part) for part in version.split("."))


def check_versions(points):
    """All of them."""
    version = re.search(r"version : '([\d.]+)'",
                        pages.read("meson.build")).group(1)
    found = {built.get_version() for built in plugin.load()}
    points.check(found == {version}, "the plugins have meson's version",
                 *found)
    page = pages.Page("docs/CHANGELOG.md")
    released = [re.match(r"([\d.]+)", heading).group(1)
                for heading in page.headings if heading[0].isdigit()]
    points.check(released[0] == version,
                 "the changelog begins with meson's version", released[0])
    points.check(released == sorted(released, key=numbers, reverse=True),
                 "the changelog goes from the newest to the oldest", released)

    described = re.findall(r'<release version="([\d.]+)"', pages.read(
        "gst/foxapi/cc.foxapi.gstreamer.metainfo.xml"))
    points.check(described == released,
                 "AppStream's description has the same releases", *described)

    known = {".".join(release.split(".")[:2]) for release in released}
    for path, text in pages.sources(".c", ".h").items():
        since = set(re.findall(r"Since: ([\d.]+)", text))
        points.check(since <= known, f"Since: in {path}", *since - known)


if __name__ == "__main__":
    tap.main(check_versions)
