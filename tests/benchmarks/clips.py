# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 7: the clip cache, filled and played from."""

import hashlib
import json
import shutil

import firstframe
from measure import in_turn, pick

ROW = "Clip cache"


def fill(bench, name, cached):
    """Plays a video as fast as it comes, to the end."""
    place = bench.scratch / "clips"
    run = bench.whole_process(
        "env", f"FOXAPI_CLIP_CACHE={place if cached else ''}",
        bench.program("bench-fetch"), "foxapivideosrc",
        f"{bench.service.url}/done/{name}", 0, 0, "decodebin")
    run.update(json.loads(run["output"]))
    shutil.rmtree(place, ignore_errors=True)
    return run


def compare_filling(bench, case, rounds, contestants):
    runs = in_turn(rounds, contestants)
    bench.results.add(ROW, case, "wall time", "s", pick(runs, "wall"))
    bench.results.add(ROW, case, "processor time", "s", pick(runs, "cpu"))
    for metric in ("wall time", "processor time"):
        bench.results.target(ROW, case, metric, 1.05, "no cache")


def put_clip(bench, name):
    """As a finished download does, but that it was not verified yet."""
    source = bench.scratch / "files" / name
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    place = bench.scratch / "kept"
    place.mkdir(exist_ok=True)
    shutil.copy(source, place / f"{digest}.mp4")
    (place / f"{digest}.json").write_text(json.dumps({
        "format": "gst-foxapi clip", "version": 1, "digest": digest,
        "task": {"id": "task", "status": "completed", "results": ["https://a/b"]},
    }), encoding="utf-8")
    return place, digest


def compare_first_frame(bench, megabytes, moov_at_end, rounds):
    name = firstframe.make_file(bench, megabytes, moov_at_end)
    place, digest = put_clip(bench, name)
    where = "at the end" if moov_at_end else "in front"
    runs = bench.columns(
        ("foxapivideosrc", "filesrc"), "env", f"FOXAPI_CLIP_CACHE={place}",
        bench.program("bench-firstframe"), rounds, f"foxapi://clips/{digest}",
        place / f"{digest}.mp4")
    case = f"first frame, {megabytes} MB, index {where}"
    bench.results.add(ROW, case, "delay", "ms", runs)
    bench.results.target(ROW, case, "delay", 1.3, "filesrc")


def measure(bench):
    rounds = bench.rounds(15, 5)
    for megabytes in (2, 20) if bench.quick else (10, 200):
        for moov_at_end in (False, True):
            compare_first_frame(bench, megabytes, moov_at_end, rounds)

    name = firstframe.make_file(bench, 10, False)
    compare_filling(bench, "filling it with a video that plays, 10 MB", rounds, {
        "foxapivideosrc": lambda: fill(bench, name, True),
        "no cache": lambda: fill(bench, name, False)})
