#!/usr/bin/env python3
"""Does foxapi-models show what the catalogue has, and mark what a key may use?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import re

import models
import pages
import simulator
import tap
from simulator import Place

TOOL = os.path.join(simulator.BUILD, "gst", "tools", "foxapi-models")


def run(*arguments):
    """Without a key: status and output."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("FOXAPI_")}
    return simulator.run(TOOL, *arguments, env=environment)


def check_catalogue(points):
    """Every model, with every field."""
    entries = models.load()
    del entries["*"]
    status, said = run()
    points.check(status == 0 and said.splitlines() == list(entries), "the list",
                 tap.differences(said.splitlines(), entries))
    _, said = run("--json")
    described = {one["model"]: one for one in json.loads(said)}
    for name, entry in entries.items():
        one = described[name]
        fields = {rule["field"].split(".")[0] for group in
                  ("properties", "extra-parameters")
                  for rule in one[group].values()}
        points.check(fields == set(entry["fields"])
                     and one["checked"] == ("generic" not in entry),
                     f"--json: {name}", tap.differences(fields, entry["fields"]))


def check_model(points):
    """One model, for people."""
    _, said = run("wan-2.7-image-to-video")
    for line in (r"first-frame-url +a file or a URL, jpeg, png, bmp or webp, at "
                 r"most 20 MB \[image_urls\]",
                 r"audio-url +a file or a URL, wav or mp3, at most 15 MB, 2 to "
                 r"30 s", r"duration +a whole number from 2 to 15, default 5",
                 "Not both first-frame-url and source-video-url"):
        points.check(re.search(line, said), line, said)
    _, said = run("kling-o3-text-to-video")
    points.check(re.search(r"In extra-parameters:\n +generate_audio +true or "
                           r"false, default false", said), "extra parameters",
                 said)
    _, said = run("veo-3.1-lite")
    points.check("\nresolution \"1080p\" needs duration 8\n" in said,
                 "a rule across fields", said)
    _, said = run("seedance-2.0-reference-to-video")
    points.check("\naudio_urls needs reference-image-urls or "
                 "reference-video-urls\n" in said and "\nAt most 12 items in"
                 in said, "rules of references", said)
    _, said = run("kling-video-create-voice")
    points.check("no video" in said and "voice_id" in said, "no video", said)
    status, said = run("wan-2.7-text2video")
    points.check(status == 2 and "Do you mean wan-2.7-text-to-video?" in said,
                 "a slip", said)
    status, said = run("one", "two")
    points.check(status == 2 and "two" in said, "two models", said)


def check_key(points):
    """What a key may use; a service that does not say; nothing is charged."""
    with Place(points, "--models", "veo-3.1,test-new") as place:
        place.check(
            "marks", TOOL,
            says=("\n* veo-3.1\n", "\n  sora-2\n", "\n* test-new (not known here)\n"))
        _, said = place.run(TOOL, "sora-2")
        points.check("may not use it" in said, "one that is not allowed", said)
        status, said = place.run(TOOL, "--json", "test-new")
        points.check(status == 0 and json.loads(said)["usable"] is True,
                     "one that is new", said)
        place.environment["FOXAPI_API_KEY"] = "another"
        place.check("a wrong key", TOOL, "sora-2", status=1,
                    says=("does not accept the API key", "duration"),
                    lacks="another")
        place.check("--offline", TOOL, "--offline", "sora-2", lacks="key")
        points.check(place.charged() == 0, "nothing is charged")


def check_pages(points):
    """The man page has the options of --help."""
    _, said = run("--help")
    pages.check_man_page(points, "foxapi-models", said)


if __name__ == "__main__":
    tap.main(check_catalogue, check_model, check_key, check_pages)
