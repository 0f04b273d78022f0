# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 3: from "completed" to the first decoded frame."""

import shutil

ROW = "First frame"
CONTESTANTS = ("foxapivideosrc", "souphttpsrc", "playbin", "curl, then play")

# Noise does not compress: 64 Mbit/s of video are 8 MB a second.
BIT_RATE_KBIT = 64000
FRAMES_PER_S = 25


def make_file(bench, megabytes, moov_at_end):
    """A video of that size, made once."""
    name = f"{megabytes}-{'end' if moov_at_end else 'front'}.mp4"
    file = bench.cache / name
    if not file.exists():
        frames = int(megabytes * 8000 / BIT_RATE_KBIT * FRAMES_PER_S)
        part = bench.cache / (name + ".part")
        bench.output(
            "gst-launch-1.0", "-q",
            "videotestsrc", "pattern=snow", f"num-buffers={frames}", "!",
            f"video/x-raw,width=1280,height=720,framerate={FRAMES_PER_S}/1",
            "!", "x264enc", "speed-preset=ultrafast", "tune=zerolatency",
            f"bitrate={BIT_RATE_KBIT}", f"key-int-max={FRAMES_PER_S}", "!",
            "mp4mux", "name=mux", f"faststart={not moov_at_end}", "!",
            "filesink", f"location={part}",
            "audiotestsrc", f"num-buffers={frames * 44100 // 1024 // 25}", "!",
            "audio/x-raw,rate=44100,channels=2", "!", "avenc_aac", "!", "mux.")
        part.rename(file)
    shutil.copy(file, bench.scratch / "files" / name)
    bench.service.links[name] = f"{bench.web.plain}/{name}"
    return name


def measure(bench):
    rounds = bench.rounds(7, 3)
    sizes = (2, 20) if bench.quick else (10, 200)
    for megabytes in sizes:
        for moov_at_end in (False, True):
            name = make_file(bench, megabytes, moov_at_end)
            place = "at the end" if moov_at_end else "in front"
            case = f"{megabytes} MB, index {place}"
            bench.results.add(ROW, case, "delay", "ms", bench.columns(
                CONTESTANTS, bench.program("bench-firstframe"), rounds,
                f"{bench.service.url}/soon/{name}", bench.service.links[name],
                bench.scratch / "download.mp4"))
            for other in CONTESTANTS[1:]:
                # What souphttpsrc does with the link we do, too.
                bench.results.target(ROW, case, "delay",
                                     1.05 if other == "souphttpsrc" else 1,
                                     other)
