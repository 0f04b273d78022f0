#!/usr/bin/env python3
"""Do the links between the files lead somewhere?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os

import pages
import tap


def fault_of(page, target, by_path):
    """What is wrong with a link, None if nothing is."""
    if target.startswith(("https://", "http://", "mailto:")):
        return None
    path, _, anchor = target.partition("#")
    found = os.path.normpath(os.path.join(os.path.dirname(page.path), path)) \
        if path else page.path
    if not os.path.exists(os.path.join(pages.ROOT, found)):
        return f"{target} leads to no file"
    if anchor and anchor not in by_path[found].anchors():
        return f"{target} leads to no heading of {found}"
    return None


def check_links(points):
    """Of each page, and to each page."""
    all_pages = pages.read_all()
    by_path = {page.path: page for page in all_pages}
    reached = {"README.md"}

    for page in all_pages:
        faults = []
        for number, line in page.prose:
            for target in pages.LINK.findall(line):
                fault = fault_of(page, target, by_path)
                if fault:
                    faults.append(f"{page.path}:{number}: {fault}")
                reached.add(os.path.normpath(os.path.join(
                    os.path.dirname(page.path), target.partition("#")[0])))
        points.check(not faults, f"links of {page.path}", *faults)

    for page in all_pages:
        points.check(page.path in reached, f"something leads to {page.path}")


if __name__ == "__main__":
    tap.main(check_links)
