# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 2: how often a task is asked about, and how late its end is known. No time
passes there: poll-traces runs on a virtual clock."""

import csv

ROW = "Finding out"


def measure(bench):
    file = bench.scratch / "poll-traces.csv"
    tasks = 200 if bench.quick else 1000
    bench.output(bench.program("poll-traces"), f"--tasks={tasks}",
                 f"--csv={file}")
    with open(file, newline="", encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            add(bench.results, line)


def add(results, line):
    case = f"{line['family']}; {line['durations']}"
    ours = "plan" if not line["family"].startswith("a beat") else "beat"
    for metric, title, unit in (
            ("ratio", "requests × delay, to a fixed beat", ""),
            ("late", "95th percentile of the delay, to what is allowed", ""),
            ("rate", "requests a second, at most", "")):
        results.add(ROW, case, title, unit, {ours: [float(line[metric])]})
    if ours == "plan":
        results.target(ROW, case, "requests × delay, to a fixed beat",
                       float(line["target"]), None, contestant=ours)
