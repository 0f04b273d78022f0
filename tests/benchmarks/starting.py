# SPDX-License-Identifier: LGPL-2.1-or-later
"""Row 4: from the start of a process to its request, and to the answer."""

import json
import sys
import time

from measure import in_turn, pick

ROW = "Starting"
CASE = "one request, plain HTTP"
BODY = {
    "model": "wan-2.7-reference-to-video", "prompt": "Measurement",
    "duration": 5, "resolution": "1080p", "aspect_ratio": "16:9",
}
CLIENT = """
import json, sys, time, urllib.request
request = urllib.request.Request(
    sys.argv[1], open(sys.argv[2], "rb").read(),
    {"Content-Type": "application/json", "Authorization": "Bearer " + sys.argv[3]})
with urllib.request.urlopen(request) as answer:
    json.load(answer)["id"]
print(json.dumps({"answered": time.monotonic()}))
"""


def start(bench, *command):
    """The program says when it had the answer, or ends with it, as curl does."""
    seen = len(bench.service.requests)
    began = time.monotonic()
    said = bench.output(*command)
    answered = time.monotonic() if command[0] == "curl" else \
        json.loads(said)["answered"]
    run = {"answered": answered - began}
    requests = bench.service.requests[seen:]
    if requests:
        run["asked"] = requests[0].time - began
    return run


def measure(bench):
    service = bench.service.url
    submit = f"{service}/running/start/v1/videos/generations"
    body = bench.scratch / "body.json"
    body.write_text(json.dumps(BODY))
    client = bench.scratch / "client.py"
    client.write_text(CLIENT)
    program = bench.program("bench-start")
    runs = in_turn(bench.rounds(41, 7), {
        "foxapivideosrc": lambda: start(
            bench, program, "foxapivideosrc", service + "/running/start"),
        "souphttpsrc, a small file": lambda: start(
            bench, program, "souphttpsrc", service + "/small"),
        "Python, urllib": lambda: start(
            bench, sys.executable, client, submit, body, "key"),
        "curl": lambda: start(
            bench, "curl", "-s", "-X", "POST", "-H",
            "Content-Type: application/json", "-H",
            "Authorization: Bearer key-of-the-measurement", "-d", f"@{body}",
            submit),
        "GStreamer alone, fakesrc": lambda: start(
            bench, program, "floor", service),
    })
    results = bench.results
    for metric, name in (("asked", "to the request"),
                         ("answered", "to the answer")):
        results.add(ROW, CASE, name, "ms", pick(runs, metric, 1000))
        results.target(ROW, CASE, name, 1.1, "souphttpsrc, a small file")
        results.target(ROW, CASE, name, .6, "Python, urllib")
