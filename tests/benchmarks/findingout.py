# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 2: how often a task is asked about, and how late its end is known. No time
passes there: poll-traces runs on a virtual clock."""

import csv

ROW = "Finding out"
METRICS = (
    ("ratio", "requests × delay, to a fixed beat"),
    ("late", "95th percentile of the delay, to what is allowed"),
    ("rate", "requests a second, at most"),
)
NAME_WIDTH = 28


def list_beyond(text):
    """The tasks that the program lists as harder than the targets allow for."""
    names, beyond = set(), False
    for line in text.splitlines():
        if line.startswith("harder than"):
            beyond = True
        elif not line or line.startswith("what others do"):
            beyond = False
        elif beyond:
            names.add(line[:NAME_WIDTH].strip())
    return names


def measure(bench):
    file = bench.scratch / "poll-traces.csv"
    tasks = 200 if bench.quick else 1000
    beyond = list_beyond(bench.output(
        bench.program("poll-traces"), f"--tasks={tasks}", f"--csv={file}"))
    with open(file, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    groups = {}
    for row in rows:
        harder = row["family"] in beyond
        others = row["family"].startswith("a beat")
        case = f"{row['family']}{'*' if harder else ''}; {row['durations']}"
        for column, title in METRICS:
            bench.results.add(ROW, case, title, "",
                              {"beat" if others else "plan":
                               [float(row[column])]})
        if not harder and not others:
            groups.setdefault((row["durations"], float(row["target"])),
                              []).append(row)
    for (durations, target), members in groups.items():
        judge_worst(bench.results, durations, target, members)


def judge_worst(results, durations, target, members):
    case = f"the worst of {len(members)} kinds of tasks; {durations}"
    if len(members) > 1:
        case += f" (at most {target})"
    for column, title in METRICS[:2]:
        worst = max(float(row[column]) for row in members)
        results.add(ROW, case, title, "", {"worst": [worst]})
        results.target(ROW, case, title, target if column == "ratio" else 1,
                       None, contestant="worst")
