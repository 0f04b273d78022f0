#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures foxapivideosrc against the other ways, and writes docs/internals/benchmarks.

    tests/benchmarks/run.py             all of it, some minutes
    tests/benchmarks/run.py --quick     small files and few rounds
    tests/benchmarks/run.py --only=starting,stopping
    tests/benchmarks/run.py --again=starting

It installs what it needs (setup.sh benchmarks). What is not all of it goes into
the build folder instead; --again measures a row anew, and keeps the others.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import clips
import delivery
import findingout
import firstframe
import many
import plot
import report
import starting
import stopping
from measure import Bench
from service import Service
from webserver import WebServer, make_certificate

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
ROWS = {
    "delivery": delivery.measure, "findingout": findingout.measure,
    "firstframe": firstframe.measure, "starting": starting.measure,
    "many": many.measure, "stopping": stopping.measure,
    "clips": clips.measure,
}


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="small files and few rounds, to try it out")
    parser.add_argument("--only", default=",".join(ROWS),
                        help="rows, with commas between them")
    parser.add_argument("--again",
                        help="rows to replace in what was written last")
    parser.add_argument("--build", type=pathlib.Path,
                        default=TOP / "build-benchmarks",
                        help="the build folder (build-benchmarks)")
    parser.add_argument("--plugin", type=pathlib.Path,
                        help="folder of another plugin to measure")
    parser.add_argument("--output", type=pathlib.Path,
                        help="where the results go (docs/internals/benchmarks)")
    arguments = parser.parse_args()
    if arguments.output is None:
        is_all = not arguments.quick and (
            arguments.again or arguments.only == ",".join(ROWS))
        arguments.output = TOP / "docs" / "internals" / "benchmarks" if is_all else \
            arguments.build / "results"
    return arguments


def set_up():
    subprocess.run([TOP / "setup.sh", "benchmarks"], check=True,
                   stdout=subprocess.DEVNULL)


def build(folder):
    """As users have it: an optimised build."""
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", "--buildtype=debugoptimized", folder,
                        TOP], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, "benchmarks"], check=True,
                   stdout=subprocess.DEVNULL)


def make_environment(scratch, plugin):
    environment = {
        key: value for key, value in os.environ.items()
        if not key.lower().endswith("_proxy") and not key.startswith(
            ("GST_", "FOXAPI_", "G_"))}
    environment.update(
        GST_PLUGIN_PATH=str(plugin), GST_REGISTRY=str(scratch / "registry"),
        FOXAPI_API_KEY="key-of-the-measurement",
        no_proxy="127.0.0.1")
    return environment


def describe(quick, loads):
    def version(*command):
        words = subprocess.run(command, capture_output=True, text=True,
                               check=False)
        return (words.stdout + words.stderr).split("\n")[0].strip()

    libraries = [name + " " + version("pkg-config", "--modversion", package)
                 for name, package in (("GStreamer", "gstreamer-1.0"),
                                       ("libsoup", "libsoup-3.0"),
                                       ("GLib", "glib-2.0"))]
    nginx = shutil.which("nginx", path=os.defpath + ":/usr/sbin:/sbin")
    servers = [version(nginx, "-v").split(": ")[-1].replace("/", " "),
               " ".join(version("curl", "--version").split()[:2])]
    kind = "A quick run, which proves little; " if quick else ""
    return (f"{kind}{len(os.sched_getaffinity(0))} processor cores, "
            f"{', '.join(libraries + servers)}, everything over loopback. "
            "The load average, this program's own work included, was "
            f"{loads[0]:.1f} at the start and {loads[-1]:.1f} at the end.")


def choose_memory():
    """Files come from memory where that is possible."""
    memory = pathlib.Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None


def main():
    arguments = parse_arguments()
    started = time.monotonic()
    set_up()
    build(arguments.build)
    loads = [os.getloadavg()[0]]
    if loads[0] > 1:
        print("The machine is busy: ratios will scatter.", file=sys.stderr)
    plugin = arguments.plugin or arguments.build / "gst" / "foxapi"
    cache = arguments.build / "videos"
    cache.mkdir(exist_ok=True)

    with tempfile.TemporaryDirectory() as folder, \
            tempfile.TemporaryDirectory(dir=choose_memory()) as files:
        scratch = pathlib.Path(folder)
        (scratch / "files").symlink_to(files)
        # nginx gives up its privileges.
        os.chmod(folder, 0o711)
        os.chmod(files, 0o711)
        authority, *certificate = make_certificate(scratch)
        environment = make_environment(scratch, plugin)
        web = WebServer(folder, files, *certificate)
        service = Service(certificate)
        try:
            bench = Bench(arguments.build, scratch, cache, environment, web,
                          service, authority, arguments.quick)
            for row in (arguments.again or arguments.only).split(","):
                print(f"{row} …", file=sys.stderr)
                ROWS[row](bench)
        finally:
            web.stop()
            service.stop()

    loads.append(os.getloadavg()[0])
    context = describe(arguments.quick, loads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.again:
        bench.results.take_missing(report.read_data(arguments.output))
    report.write_data(bench.results, arguments.output, context)
    report.write_prose(bench.results, arguments.output, context)
    plot.write_plot(bench.results, arguments.output)
    report.print_targets(bench.results)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
