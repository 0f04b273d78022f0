#!/usr/bin/env python3
"""Does README.zh-CN.md say what README.md says?

Its words are its own. Its headings, blocks and tables come in the same order, and
commands, code in tables and links are the same; only output, comments and prompts
within commands may be translated, and the names of headings within links.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import re

import pages
import tap

PROMPT = re.compile(r'((?:prompt|negative-prompt)=|\.mp4 )"[^"]*"')


def commands(block):
    """A block without its comments, and with its prompts taken out; of output, how
    much there is."""
    if block.language == "text":
        return len(block.lines)
    lines = [re.sub(r"\s+# .*$", "", line) for line in block.lines]
    return [PROMPT.sub(r'\1"…"', line).strip() for line in lines
            if not line.startswith("# ")]


def cells(table):
    """The code in a table, cell by cell."""
    return [[sorted(pages.code_of(cell)) for cell in row]
            for row in table.rows]


def links(page):
    """Where a page leads to, without the names of headings."""
    return sorted(target.partition("#")[0] for _, line in page.prose
                  for target in pages.LINK.findall(line))


def compare(points, what, english, chinese):
    """One kind of thing, one by one."""
    if not points.check(len(english) == len(chinese), f"as many {what}",
                        f"{len(english)} and {len(chinese)}"):
        return
    for number, (mine, yours) in enumerate(zip(english, chinese), 1):
        points.check(mine == yours, f"{what} {number}", mine, yours)


def check_readme(points):
    """The whole of it."""
    english = pages.Page("README.md")
    chinese = pages.Page("README.zh-CN.md")
    compare(points, "headings", [1] * len(english.headings),
            [1] * len(chinese.headings))
    compare(points, "blocks",
            [(b.language, b.directive, commands(b)) for b in english.blocks],
            [(b.language, b.directive, commands(b)) for b in chinese.blocks])
    compare(points, "tables", [cells(t) for t in english.tables],
            [cells(t) for t in chinese.tables])
    without = [link for link in links(english) if "README" not in link]
    points.check(without == [link for link in links(chinese)
                             if "README" not in link], "links",
                 links(english), links(chinese))


if __name__ == "__main__":
    tap.main(check_readme)
