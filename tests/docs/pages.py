"""Reads the pages of the documentation: headings, blocks, tables, links.

A fenced block may have a directive in a comment on the line above it:

    <!-- test: sim --task ID -->       options of the block's simulator
    <!-- test: address FILE -->        it finds the simulator's address there
    <!-- test: until TEXT -->          it runs until it says so, then Ctrl-C
    <!-- test: fails -->               it has to end with an error
    <!-- test: from PATH -->           the block stands in that file, word by word
    <!-- test: not run: REASON -->     the block is not run

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

FENCE = re.compile(r"^(\s*)```(\S*)\s*$")
DIRECTIVE = re.compile(r"^\s*<!-- test: (.*) -->\s*$")
HEADING = re.compile(r"^(#+)\s+(.*?)\s*$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")


def read(path):
    """The text of a file of the project."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Block:
    """A fenced block."""

    def __init__(self, page, line, language, directive):
        self.page = page
        self.line = line
        self.language = language
        self.directive = directive or ""
        self.lines = []

    @property
    def name(self):
        """Where it stands."""
        return f"{self.page.path}:{self.line}"

    @property
    def text(self):
        """What it says."""
        return "\n".join(self.lines) + "\n"

    def option(self, word):
        """What the directive says behind `word`, None if it doesn't."""
        if self.directive.split(" ", 1)[0] == word:
            return self.directive[len(word):].strip()
        return None


class Table:
    """A table: the heading above it, its columns, its rows."""

    def __init__(self, page, line, heading, columns):
        self.page = page
        self.line = line
        self.heading = heading
        self.columns = columns
        self.rows = []

    @property
    def name(self):
        """Where it stands."""
        return f"{self.page.path}:{self.line}"

    def column(self, name):
        """The cells of one column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


def split_row(line):
    """The cells of a row; a bar that is meant is written \\|."""
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [cell.strip().replace("\\|", "|") for cell in cells]


def code_of(cell):
    """All that stands in backticks in a cell."""
    return CODE.findall(cell)


def slug(heading):
    """The anchor that a heading gets where the pages are shown."""
    text = re.sub(r"[`*]", "", LINK.sub(
        lambda m: re.search(r"\[([^\]]*)\]", m.group(0)).group(1), heading))
    text = re.sub(r"[^\w\- ]", "", text.lower())
    return text.replace(" ", "-")


class Page:
    """One file."""

    def __init__(self, path):
        self.path = path
        self.blocks = []
        self.tables = []
        self.headings = []
        self.prose = []         # (line number, text) outside of blocks
        self._read(read(path).split("\n"))

    def _read(self, lines):
        block = directive = None
        for number, line in enumerate(lines, 1):
            fence = FENCE.match(line)
            if block is not None:
                if fence and not fence.group(2):
                    block = None
                else:
                    block.lines.append(line[indent:] if not
                                       line[:indent].strip() else line)
                continue
            if fence:
                indent = len(fence.group(1))
                block = Block(self, number, fence.group(2), directive)
                self.blocks.append(block)
                directive = None
                continue
            if line.strip():
                match = DIRECTIVE.match(line)
                directive = match.group(1) if match else None
            self.prose.append((number, line))
            self._read_prose(number, line, lines)

    def _read_prose(self, number, line, lines):
        heading = HEADING.match(line)
        if heading:
            self.headings.append(heading.group(2))
        elif re.match(r"^\|[-:| ]+\|$", line.strip()):
            self.tables.append(Table(
                self, number - 1, self.headings[-1] if self.headings else "",
                split_row(lines[number - 2])))
            for row in lines[number:]:
                if not row.strip().startswith("|"):
                    break
                self.tables[-1].rows.append(split_row(row))

    def anchors(self):
        """What a link can lead to within the page."""
        return {slug(heading) for heading in self.headings}

    def find_tables(self, first_column):
        """The tables whose first column is called so."""
        return [table for table in self.tables
                if table.columns[0] == first_column]


def find_files(*endings):
    """The project's files whose names end so; nothing that was built."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders
                      if not name.startswith((".", "_", "build"))
                      and name not in ("foxapi-demo", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), ROOT)
                  for name in names if name.endswith(endings)]
    return sorted(found)


def check_man_page(points, tool, said):
    """Its options are those that --help names."""
    text = read(f"gst/tools/{tool}.1").replace("\\-", "-").replace("\\fR", "")
    documented = set(re.findall(r"^\.BR? (?:-\w .* )?--([\w-]+)", text,
                                re.MULTILINE))
    found = set(re.findall(r"^ +(?:-\w, )?--([\w-]+)", said, re.MULTILINE))
    points.check(documented == found, "options of the man page",
                 tap.differences(documented, found))
    return found, text


def sources(*endings):
    """The plugin's sources whose names end so, with their texts."""
    return {path: read(path) for path in find_files(*endings)
            if path.startswith("gst/")}


def read_all():
    """Every page of the project."""
    return [Page(path) for path in find_files(".md")]
