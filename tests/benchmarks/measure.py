# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running contestants in turn, and what is made of the numbers."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from service import Service
from webserver import WebServer


@dataclasses.dataclass
class Series:
    """What one contestant took, run by run, in one case of one row."""
    row: str
    case: str
    contestant: str
    metric: str
    unit: str
    values: list


@dataclasses.dataclass
class Target:
    """At most so much of what another one takes, or (against None) so much.
    The statistic is median or p95."""
    row: str
    case: str
    metric: str
    at_most: float
    against: str | None
    contestant: str = "foxapivideosrc"
    statistic: str = "median"


def quantile(values, share):
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def reduce(values, statistic):
    return quantile(values, .95) if statistic == "p95" else \
        statistics.median(values)


class Results:
    """All series, in the order of their making, and the targets."""

    def __init__(self):
        self.series = []
        self.targets = []

    def add(self, row, case, metric, unit, runs):
        """runs: contestant → values"""
        for contestant, values in runs.items():
            if values:
                self.series.append(
                    Series(row, case, contestant, metric, unit, values))

    def take_missing(self, others):
        """Takes the rows that only the others have, in their order."""
        rows = list(dict.fromkeys(each.row for each in others.series))
        mine = {each.row for each in self.series}
        for name in ("series", "targets"):
            merged = getattr(self, name) + [
                each for each in getattr(others, name) if each.row not in mine]
            setattr(self, name, sorted(
                merged, key=lambda each: rows.index(each.row)))

    def target(self, *arguments, **options):
        self.targets.append(Target(*arguments, **options))

    def find(self, row, case, metric, contestant):
        return next((each for each in self.series if (
            each.row, each.case, each.metric, each.contestant) == (
                row, case, metric, contestant)), None)

    def judge(self, target):
        """What was reached, as what the target names; None if not measured.
        Rounds are compared one by one, so that what slows a whole round cancels
        out; distributions (p95) are compared as a whole."""
        ours = self.find(target.row, target.case, target.metric,
                         target.contestant)
        if ours is None:
            return None
        if target.against is None:
            return reduce(ours.values, target.statistic)
        theirs = self.find(target.row, target.case, target.metric,
                           target.against)
        if theirs is None:
            return None
        if target.statistic == "p95":
            return reduce(ours.values, "p95") / reduce(theirs.values, "p95")
        return statistics.median(ratios(ours.values, theirs.values))


def ratios(ours, theirs):
    return [a / b if b else float("nan") for a, b in zip(ours, theirs)]


def in_turn(rounds, contestants):
    """Runs each contestant (name → function) once to warm up, then all of them
    in each round; returns name → list of what the functions return."""
    for run in contestants.values():
        run()
    runs = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            runs[name].append(run())
    return runs


def pick(runs, metric, factor=1.0):
    """Of name → list of dicts: name → list of one metric, without those that do
    not have it."""
    return {name: [each[metric] * factor for each in values]
            for name, values in runs.items() if metric in values[0]}


@dataclasses.dataclass
class Bench:
    """Where the programs, the servers and the files are: scratch goes away, cache
    stays."""
    build: pathlib.Path
    scratch: pathlib.Path
    cache: pathlib.Path
    environment: dict
    web: WebServer
    service: Service
    authority: str
    quick: bool
    results: Results = dataclasses.field(default_factory=Results)

    def rounds(self, full, quick):
        return quick if self.quick else full

    def program(self, name):
        return str(self.build / "tests" / "benchmarks" / name)

    def popen(self, command, tls=False):
        """tls: the program loads the certificate authority, as it must. Each has
        its own record of tasks, as what others left behind takes time to read."""
        state = tempfile.mkdtemp(dir=self.scratch)
        environment = dict(self.environment, XDG_STATE_HOME=state)
        if tls:
            environment["FOXAPI_BENCH_CA"] = self.authority
        return subprocess.Popen([str(word) for word in command],
                                env=environment, stdout=subprocess.PIPE,
                                text=True)

    def output(self, *command, tls=False):
        process = self.popen(command, tls)
        text, _ = process.communicate(timeout=600)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))} failed")
        return text

    def json(self, name, *arguments, tls=False):
        return json.loads(self.output(self.program("bench-" + name),
                                      *arguments, tls=tls))

    def columns(self, titles, *command, tls=False):
        """Of a program that prints a line of seconds for each run: title → the
        milliseconds of its column."""
        lines = self.output(*command, tls=tls).splitlines()
        columns = zip(*(map(float, line.split()) for line in lines))
        return {title: [value * 1000 for value in column]
                for title, column in zip(titles, columns)}

    def whole_process(self, *command):
        """Runs a program that does not measure itself."""
        start = time.monotonic()
        process = self.popen(command)
        peak = 0
        while True:
            peak = max(peak, read_peak(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            time.sleep(0.01)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        text = process.stdout.read()
        process.stdout.close()
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} failed")
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime,
                "switches": usage.ru_nvcsw + usage.ru_nivcsw, "peak": peak,
                "output": text}


def read_peak(pid):
    """The most memory that a process has had so far, in KiB."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0
