# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results → results.json, results.csv, results.md"""

import csv
import dataclasses
import json
import statistics

from measure import Results, Series, Target, quantile, ratios

SPREAD = ("Numbers are medians; what stands in brackets is where the middle half "
          "of the runs lies. A ratio is the median of the ratios within each "
          "round.")

PROSE = {
    "Delivery": """\
A result of a known size goes from nginx into a `fakesink`. Time counts from
`PLAYING` to `EOS`, so foxapivideosrc's is with its submission, its record on disk
and the answer of a service that has completed the task at once; a file of 1 KiB
shows what that alone takes. The checks are on: length, ETag, resumption,
cancelling. curl tells its own transfer time, and its processor time is that of
its process. `recv()` reads 1 MiB at a time and looks at nothing.""",
    "Finding out": """\
Seeded traces of simulated tasks on a virtual clock: the service as it is, with
tasks of 20 s to 20 min. Allowed are a delay of 10 % of the duration or 5 s,
whichever is more, and 45 questions about a task of 5 minutes, 22 where its
progress is steady. Of the tasks marked with * nothing is promised. The last two
rows ask after a twelfth of the task's age, and at a fixed interval. [The poll
plan](../poll-plan.md) says more.""",
    "First frame": """\
From the moment in which the service answers "completed" (foxapivideosrc), or in
which the others are told the link, to the first decoded picture at the sink. All
decode with what `decodebin` chooses, in one process, in which the plugins are
loaded already. The videos are noise, H.264 of 64 Mbit/s with sound.""",
    "Starting": """\
From before the process is made to the arrival of its request at the server, and
to the answer in the program: the task message of foxapivideosrc, the first
buffer of the others. The record of the paid task is written to disk before the
request leaves.""",
    "Many": """\
One process with elements that wait: foxapivideosrc for tasks of a minute, about
which it asks; souphttpsrc for an answer that does not come; appsrc for data; a
Python program with a coroutine and a connection for each task, which asks every
3 s. Memory is what no other process shares, and, as threads, what each element
after the first adds.""",
    "Stopping": """\
How long `gst_element_set_state (pipeline, GST_STATE_NULL)` takes while the server
keeps the element waiting. In "connecting" the server accepts and says nothing; in
"downloading" it stops in the middle.""",
    "Clip cache": """To the first decoded picture of a clip in the cache, which was verified before, and of
the same file by `filesrc`; both in one process, in which the plugins are loaded
already. Filling: a whole process that plays a video as fast as it comes, with a
cache that it fills, and without.""",
}


def number(value):
    if value != value:
        return "–"
    magnitude = abs(value)
    if magnitude >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if magnitude >= 10 else f"{value:.2f}"


def spread(values):
    text = number(statistics.median(values))
    if len(values) < 2:
        return text
    return (f"{text} ({number(quantile(values, .25))} to "
            f"{number(quantile(values, .75))})")


def summarise(series, baseline):
    values = series.values
    summary = {
        "row": series.row, "case": series.case,
        "contestant": series.contestant, "metric": series.metric,
        "unit": series.unit, "runs": len(values),
        "median": statistics.median(values),
        "quartile1": quantile(values, .25), "quartile3": quantile(values, .75),
        "p95": quantile(values, .95), "max": max(values),
    }
    if baseline is not None and len(baseline.values) == len(values):
        paired = ratios(values, baseline.values)
        summary.update(
            baseline=baseline.contestant, ratio=statistics.median(paired),
            ratio_quartile1=quantile(paired, .25),
            ratio_quartile3=quantile(paired, .75))
    return summary


def get_baseline(results, series):
    """Whom a series is compared with: souphttpsrc, in what the targets say or in
    whatever it did."""
    for target in results.targets:
        if (target.row, target.case, target.metric, target.contestant) == (
                series.row, series.case, series.metric, series.contestant) \
                and (target.against or "").startswith("souphttpsrc"):
            return results.find(series.row, series.case, series.metric,
                                target.against)
    return next((each for each in results.series
                 if each.contestant.startswith("souphttpsrc") and (
                     each.row, each.case, each.metric) == (
                     series.row, series.case, series.metric)), None)


def write_data(results, folder, context):
    rows = [summarise(series, get_baseline(results, series))
            for series in results.series]
    fields = list(dict.fromkeys(key for row in rows for key in row))
    with open(folder / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: round(value, 5) if isinstance(value, float)
                             else value for key, value in row.items()})
    with open(folder / "results.json", "w", encoding="utf-8") as file:
        json.dump({
            "context": context,
            "series": [{**dataclasses.asdict(series), "values":
                        [round(value, 6) for value in series.values]}
                       for series in results.series],
            "targets": [{**dataclasses.asdict(target),
                         "reached": results.judge(target)}
                        for target in results.targets],
        }, file, ensure_ascii=False, indent=1)
        file.write("\n")


def read_data(folder):
    """What write_data() has written."""
    with open(folder / "results.json", encoding="utf-8") as file:
        data = json.load(file)
    results = Results()
    results.series = [Series(**each) for each in data["series"]]
    for each in data["targets"]:
        del each["reached"]
        results.targets.append(Target(**each))
    return results


def is_above(reached, target):
    """As it is shown: with two decimals."""
    return round(reached, 2) > target.at_most


def judge_all(results):
    """(target, whom, against whom, what was reached, whether that is too much) of
    those that were measured."""
    for target in results.targets:
        reached = results.judge(target)
        if reached is not None:
            whom = "" if target.contestant in ("foxapivideosrc", "worst") else \
                target.contestant.removeprefix("foxapivideosrc, ")
            against = f"to {target.against}" if target.against else ""
            # As it is shown: with two decimals.
            yield (target, whom, against, number(reached),
                   round(reached, 2) > target.at_most)


def target_lines(results):
    yield "| row | case | what | reached | at most | |"
    yield "| --- | --- | --- | ---: | ---: | --- |"
    for target, whom, against, reached, is_above in judge_all(results):
        what = [whom or target.metric, against]
        if target.statistic != "median":
            what.insert(1, "95th percentile")
        yield (f"| {target.row} | {target.case} | "
               f"{', '.join(filter(None, what))} | {reached} | "
               f"{number(target.at_most)} | {'**above**' if is_above else ''} |")


def case_lines(results, row, case):
    mine = [each for each in results.series
            if (each.row, each.case) == (row, case)]
    metrics = list(dict.fromkeys((each.metric, each.unit) for each in mine))
    names = list(dict.fromkeys(each.contestant for each in mine))
    yield "| | " + " | ".join(
        metric + (f", {unit}" if unit else "") for metric, unit in metrics) \
        + " |"
    yield "| --- |" + " --- |" * len(metrics)
    for name in names:
        cells = []
        for metric, _ in metrics:
            series = results.find(row, case, metric, name)
            if series is None:
                cells.append("")
                continue
            cell = spread(series.values)
            baseline = get_baseline(results, series)
            if baseline is not None and baseline is not series \
                    and statistics.median(baseline.values) > 0 \
                    and len(baseline.values) == len(series.values):
                ratio = statistics.median(
                    ratios(series.values, baseline.values))
                cell += f" = {number(ratio)}"
            if row == "Stopping":
                cell += (f"; 95 %: {number(quantile(series.values, .95))}; "
                         f"worst: {number(max(series.values))}")
            cells.append(cell)
        yield f"| {name} | " + " | ".join(cells) + " |"


def finding_out_lines(results):
    """Many cases of one contestant: a table of all of them."""
    mine = [each for each in results.series if each.row == "Finding out"
            and each.contestant != "worst"]
    metrics = list(dict.fromkeys(each.metric for each in mine))
    yield "| tasks | " + " | ".join(metrics) + " |"
    yield "| --- |" + " ---: |" * len(metrics)
    for case in dict.fromkeys(each.case for each in mine):
        cells = [number(each.values[0]) for each in mine if each.case == case]
        yield f"| {case} | " + " | ".join(cells) + " |"


def write_prose(results, folder, context):
    lines = [
        "# Speed", "",
        "Written by `tests/benchmarks/run.py`; see [README.md](README.md). "
        + context, "", SPREAD, "",
        "![Ratios to the other ways](results.svg)", "",
        "## Targets", "", *target_lines(results), ""]
    for row in dict.fromkeys(each.row for each in results.series):
        lines += [f"## {row}", "", PROSE[row].replace("\n", " "), ""]
        if row == "Finding out":
            lines += [*finding_out_lines(results), ""]
            continue
        lines += ["After `=` stands the ratio to souphttpsrc.", ""]
        for case in dict.fromkeys(each.case for each in results.series
                                  if each.row == row):
            lines += [f"### {case}", "", *case_lines(results, row, case), ""]
    (folder / "results.md").write_text("\n".join(lines), encoding="utf-8")


def print_targets(results):
    for target, whom, against, reached, is_above in judge_all(results):
        what = ", ".join(filter(None, (
            whom, target.metric, "95 %" * (target.statistic != "median"))))
        print(f"{target.row:12} {target.case[:46]:46} "
              f"{(what + ' ' + against)[:52]:52} {reached:>7} "
              f"{number(target.at_most):>7}{'  above' * is_above}")
