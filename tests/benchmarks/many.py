# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 5: many elements in one process, all waiting."""

import json
import sys
import time

from measure import in_turn

ROW = "Many"
METRICS = (
    ("memory", "memory each", "KiB"),
    ("threads", "threads each", ""),
    ("cpu", "processor time each", "µs/s"),
    ("requests", "requests", "1/s"),
    ("connections", "connections", ""),
)
KINDS = {
    "foxapivideosrc": ("foxapivideosrc", "running"),
    "souphttpsrc": ("souphttpsrc", "hold-ask"),
    "GStreamer alone, appsrc": ("floor", "none"),
}
LAYOUTS = {"one": "in one pipeline", "each": "in a pipeline each"}

# What a service's author would write instead, without a library: a coroutine for
# each task, a connection for each, an interval of 3 s.
CLIENT = """
import asyncio, json, resource, sys, time
from urllib.parse import urlsplit

async def follow(url, number):
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    async def call(method, path, body=b""):
        writer.write(b"%s %s/%d%s HTTP/1.1\\r\\nContent-Length: %d\\r\\n\\r\\n" % (
            method, address.path.encode(), number, path, len(body)) + body)
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        length = int(head.lower().split(b"content-length:")[1].split()[0])
        return json.loads(await reader.readexactly(length))
    task = await call(b"POST", b"/v1/videos/generations", b"{}")
    while True:
        await asyncio.sleep(3)
        await call(b"GET", b"/v1/tasks/" + task["id"].encode())

def memory():
    for line in open("/proc/self/smaps_rollup"):
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

async def main(url, count, seconds):
    tasks = [asyncio.create_task(follow(url, 0))]
    await asyncio.sleep(1.5)
    first = memory()
    tasks += [asyncio.create_task(follow(url, i)) for i in range(1, count)]
    await asyncio.sleep(1.5)
    start, began = cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    print(json.dumps({"from": began, "until": time.monotonic(),
        "cpu": cpu() - start, "memory": memory(),
        "added_memory": memory() - first, "threads": 1, "added_threads": 0}))

asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
"""


class Run:
    """One process with its elements. Several run at the same time: they wait."""

    def __init__(self, bench, command, count, seconds):
        self.count = count
        self.seconds = seconds
        self._bench = bench
        self._name = command[-1]
        self._process = bench.popen(command)

    def finish(self):
        text, _ = self._process.communicate(timeout=600)
        run = json.loads(text)
        others = max(self.count - 1, 1)
        alone = self.count == 1
        return {
            "memory": (run["memory"] if alone else run["added_memory"]) /
            others,
            "threads": (run["threads"] if alone else run["added_threads"]) /
            others,
            "cpu": run["cpu"] / self.seconds / self.count * 1e6,
            "from": run["from"], "until": run["until"],
            "stop": run.get("stop"),
        }


def command_for(bench, name, count, seconds, layout, mark):
    if name == "Python, asyncio":
        client = bench.scratch / "many-client.py"
        client.write_text(CLIENT)
        return [sys.executable, client, f"{bench.service.url}/running/{mark}",
                count, seconds]
    kind, scenario = KINDS[name]
    return [bench.program("bench-many"), kind,
            f"{bench.service.url}/{scenario}/{mark}", count, seconds, layout]


def list_groups(counts):
    """What runs at the same time: (count, layout). Many of foxapivideosrc are not
    run next to many others, as one service answers them all."""
    few = [(count, layout) for count in counts[:-1] for layout in LAYOUTS]
    return [few] + [[(counts[-1], layout)] for layout in LAYOUTS]


def measure_group(bench, group, turn, seconds):
    """Returns (count, layout, contestant) → run"""
    names = [*KINDS, "Python, asyncio"]
    runs, results = {}, {}
    for count, layout in group:
        for name in names:
            if name == "Python, asyncio" and layout == "each":
                continue
            mark = f"{turn}-{count}-{layout}-{names.index(name)}-"
            runs[count, layout, name] = mark, Run(bench, command_for(
                bench, name, count, seconds, layout, mark), count, seconds)
    for key, (mark, process) in runs.items():
        run = process.finish()
        run["requests"], run["connections"] = count_traffic(
            bench.service, mark, run)
        results[key] = run
    return results


def measure_waiting(bench, counts, rounds, seconds):
    values = {}
    for turn in range(rounds):
        for group in list_groups(counts):
            for (count, layout, name), run in measure_group(
                    bench, group, turn, seconds).items():
                for metric, title, _ in METRICS:
                    values.setdefault((count, layout, title), {}).setdefault(
                        name, []).append(run[metric])
    return values


def count_traffic(service, mark, run):
    """Requests in the time that was measured, and the connections that carried
    this process's requests and were open then."""
    inside = [each for each in list(service.requests)
              if run["from"] <= each.time <= run["until"]
              and f"/{mark}" in each.path]
    return (len(inside) / (run["until"] - run["from"]),
            service.count_open(f"/{mark}", run["until"]))


def measure_stopping(bench, count, rounds):
    def stop(name):
        return Run(bench, command_for(bench, name, count, .1, "one",
                                      f"stop-{time.monotonic_ns()}-"), count,
                   .1).finish()["stop"] * 1000
    return in_turn(rounds, {name: lambda name=name: stop(name)
                            for name in KINDS})


def measure(bench):
    counts = (1, 30) if bench.quick else (1, 100, 500)
    values = measure_waiting(bench, counts, bench.rounds(7, 2),
                             bench.rounds(3, 2))
    results = bench.results
    for count in counts:
        for layout, place in LAYOUTS.items():
            if count == 1 and layout == "each":
                continue
            case = case_name(count, place)
            for _, title, unit in METRICS:
                results.add(ROW, case, title, unit,
                            values[count, layout, title])
            if count == 1:
                continue
            results.target(ROW, case, "memory each", 118, None)
            results.target(ROW, case, "threads each", 1, None)
            results.target(ROW, case, "connections", count / 4, None)

    count = 30 if bench.quick else 300
    case = f"{count} elements stopped at once"
    results.add(ROW, case, "time", "ms",
                measure_stopping(bench, count, bench.rounds(7, 2)))
    results.target(ROW, case, "time", 1, "souphttpsrc")


def case_name(count, place):
    return "1 element (the whole process)" if count == 1 else \
        f"{count} elements {place}"
