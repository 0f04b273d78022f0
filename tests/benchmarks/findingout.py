# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 2: how often a task is asked about, and how late its end is known. No time
passes there: poll-traces runs on a virtual clock."""

import csv

ROW = "Finding out"
METRICS = (
    ("late", "95th percentile of the delay, to what is allowed"),
    ("asked", "questions about a task of 5 minutes, to what is allowed"),
    ("often", "3 s, to the shortest time between two questions"),
)


def measure(bench):
    file = bench.scratch / "poll-traces.csv"
    tasks = 200 if bench.quick else 1000
    bench.output(bench.program("poll-traces"), f"--tasks={tasks}",
                 f"--csv={file}")
    with open(file, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    for row in rows:
        case = row["family"] + ("" if row["promised"] == "1" else "*")
        if row["asker"] != "plan":
            case = row["asker"]
        for column, title in METRICS:
            bench.results.add(ROW, case, title, "",
                              {row["asker"]: [float(row[column])]})
    judge_worst(bench.results, [row for row in rows if row["asker"] == "plan"
                                and row["promised"] == "1"])


def judge_worst(results, rows):
    case = f"the worst of {len(rows)} kinds of tasks"
    for column, title in METRICS:
        worst = max(float(row[column]) for row in rows)
        results.add(ROW, case, title, "", {"worst": [worst]})
        results.target(ROW, case, title, 1, None, contestant="worst")
