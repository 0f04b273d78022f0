#!/usr/bin/env python3
"""Is a URI paid for once, whoever opens it, and does foxapi-clips do what its man
page says?

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import shutil

import tap
from simulator import Place

URI = ("foxapi://generate/wan-2.7-text-to-video?prompt=A+heron&duration=2"
       "&resolution=720p")
LIMIT = 120
PLAY = ("gst-play-1.0", "--no-interactive", "--videosink=fakevideosink",
        "--audiosink=fakesink")
PLAYERS = (
    ("gst-discoverer-1.0", "-t", "60", URI),
    (*PLAY, URI),
    ("ges-launch-1.0", "--load", "project.xges", "--videosink", "fakesink",
     "--audiosink", "fakesink"),
)
# As an editor saves it: a second of picture. ges-launch-1.0 takes no URI with a
# query on its command line.
PROJECT = """<ges version='0.3'>
  <project properties='properties;' metadatas='metadatas;'>
    <ressources>
      <asset id='{uri}' extractable-type-name='GESUriClip'
        properties='properties, supported-formats=(int)6;'
        metadatas='metadatas;'/>
    </ressources>
    <timeline properties='properties;' metadatas='metadatas;'>
      <track caps='video/x-raw(ANY)' track-type='4' track-id='0'
        properties='properties, restriction-caps=(string)&quot;video/x-raw\\,\\ width\\=\\(int\\)320\\,\\ height\\=\\(int\\)180\\,\\ framerate\\=\\(fraction\\)25/1&quot;;'
        metadatas='metadatas;'/>
      <layer priority='0' properties='properties;' metadatas='metadatas;'>
        <clip id='0' asset-id='{uri}' type-name='GESUriClip' layer-priority='0'
          track-types='4' start='0' duration='1000000000' inpoint='0' rate='0'
          properties='properties, name=(string)clip0;' metadatas='metadatas;'/>
      </layer>
    </timeline>
  </project>
</ges>
"""


def write_project(place):
    """With the URI as its one clip."""
    with open(place.path("project.xges"), "w", encoding="utf-8") as file:
        file.write(PROJECT.format(uri=URI.replace("&", "&amp;")))


def check_players(points, place):
    """One after the other: the first one pays, and the last ones need neither a
    key nor a service."""
    write_project(place)
    for player in PLAYERS:
        place.check(player[0], *player, limit=LIMIT)
    points.check(place.charged() == 1, "they were charged once")
    del place.environment["FOXAPI_API_KEY"]
    for player in PLAYERS:
        place.check(f"{player[0]} without a service", *player, limit=LIMIT)


def check_project(points):
    """A project that is opened in new processes, previewed and rendered twice, the
    second time when there is no service any more."""
    with Place(points) as place:
        write_project(place)
        for name in ("first", "second"):
            place.check(f"the {name} preview", *PLAYERS[2], limit=LIMIT)
            status, said = place.run(
                *PLAYERS[2][:3], "-o", "file://" + place.path(name + ".mkv"),
                "-f", "video/x-matroska:image/jpeg", limit=LIMIT)
            points.check(status == 0 and os.path.exists(
                place.path(name + ".mkv")), f"the {name} render", status, said)
            points.check(place.charged() == 1, "it was charged once")
            place.environment.pop("FOXAPI_API_KEY", None)


def list_clips(place, *options):
    """What --json says."""
    status, said = place.run("foxapi-clips", *options, "--json")
    return json.loads(said) if status == 0 else said


def check_tool(points, place):
    """The commands, on the one clip that the players have left."""
    clips = list_clips(place)
    digest = clips[0]["digest"]
    points.check(len(clips) == 1 and clips[0]["prompt"] == "A heron"
                 and clips[0]["uses"] >= 3 and not clips[0]["fault"], "--json",
                 clips)
    place.check("the list", "foxapi-clips",
                says=(f"foxapi://clips/{digest}", "A heron"))
    place.check("copy", "foxapi-clips", "copy", digest[:8], "heron.mp4",
                makes="heron.mp4")
    for command, pinned in (("pin", True), ("unpin", False), ("pin", True)):
        status, said = place.run("foxapi-clips", command, digest)
        points.check(status == 0 and list_clips(place)[0]["pinned"] is pinned,
                     command, said)
    path = place.environment["PATH"]
    place.environment["PATH"] = f"{place.folder}:{path}"
    with open(place.path("gst-play-1.0"), "w", encoding="utf-8",
              opener=lambda name, flags: os.open(name, flags, 0o755)) as file:
        file.write('#!/bin/sh\necho "$FOXAPI_CLIP_CACHE" "$@"\n')
    status, said = place.run("foxapi-clips", "play", digest[:10])
    place.environment["PATH"] = path
    words = said.split()
    points.check(words[0] == os.path.dirname(clips[0]["file"])
                 and words[-1] == f"foxapi://clips/{digest}", "play", said)
    place.check("play what is not there", "foxapi-clips", "play", "ffff",
                status=1, says="No clip begins with")
    check_usage(points, place, digest)
    place.check("export", "foxapi-clips", "export", "archive")
    place.check("check", "foxapi-clips", "check", says="whole")
    return digest


def check_usage(points, place, digest):
    """Whatever is typed: a sentence, a status, no traceback."""
    for arguments, wanted in (
            (["--help"], 0), (["--version"], 0), (["paly", digest], 2),
            (["play"], 2), (["copy", digest], 2), (["-d"], 2), (["--jsno"], 2),
            (["-d", "nowhere"], 1), (["play", digest[:3]], 1),
            (["copy", digest, "heron.mp4"], 1), (["copy", digest, "."], 1),
            (["copy", digest, "nowhere/x.mp4"], 1), (["copy", digest, ""], 1),
            (["export", "heron.mp4"], 1), (["export", ""], 1),
            (["import", "/etc"], 1), (["import", ""], 1), (["-d", ""], 1),
            (["-d", "nowhere", "pin", "import"], 1), ([""], 2),
            (["--json", "check"], 2)):
        status, said = place.run("foxapi-clips", *arguments)
        points.check(status == wanted and said and "Traceback" not in said
                     and ("--help" in said) == (status == 2 or "-h," in said),
                     " ".join(arguments), status, said)
    status, said = place.run("sh", "-c", "foxapi-clips > /dev/full")
    points.check(status == 1 and said.count("\n") == 1, "a full disk", said)


def check_lost(points, place, digest):
    """What is left of a clip whose files are lost can be mended or forgotten."""
    folder = os.path.dirname(list_clips(place)[0]["file"])
    shutil.copytree(folder, place.path("before"))
    requests = [name for name in os.listdir(folder) if name.endswith(".request")]

    def lose(*names, left=None):
        for name in names:
            os.unlink(os.path.join(folder, name))
            if left is not None:
                left(os.path.join(folder, name))

    lose(digest + ".json")
    status, said = place.run("foxapi-clips", "check", digest)
    points.check(status == 0 and "written anew" in said
                 and not list_clips(place)[0]["fault"]
                 and list_clips(place)[0]["task_id"], "metadata is mended", said)
    for left in (os.mkfifo, lambda path: open(path, "w", encoding="utf-8").close()):
        lose(*requests, left=left)
        points.check(len(list_clips(place)) == 1 + len(requests), "lost requests")
        status, said = place.run("foxapi-clips", "check")
        points.check(status == 0 and said.count("written anew") == len(requests)
                     and len(list_clips(place)) == 1, "requests are mended",
                     status, said)
    lose(*requests, left=os.mkdir)
    for name in requests:
        status, said = place.run("foxapi-clips", "forget", name[:64])
        points.check(status == 0 and not os.path.exists(
            os.path.join(folder, name)), "a lost request is forgotten", said)
    lose(digest + ".mp4", left=os.mkfifo)
    for command in ("play", "pin", "check"):
        place.check(f"{command}: a FIFO", "foxapi-clips", command, digest,
                    status=1, says="lost")
    shutil.rmtree(folder)
    shutil.copytree(place.path("before"), folder)
    lose(digest + ".mp4", digest + ".json")
    place.check("a request of no clip", "foxapi-clips", "check", status=1,
                says=f"forget {digest[:8]}")
    status, said = place.run("foxapi-clips", "forget", digest)
    points.check(status == 0 and os.listdir(folder) == [".lock"],
                 "it is forgotten", status, said, os.listdir(folder))
    shutil.rmtree(folder)
    shutil.copytree(place.path("before"), folder)


def damage(path):
    """Turns one bit of a file."""
    with open(path, "r+b") as file:
        file.seek(1000)
        byte = file.read(1)[0]
        file.seek(1000)
        file.write(bytes([byte ^ 1]))


def check_archive(points, place, digest):
    """Another machine, that has no key; what is damaged does not get there."""
    place.environment["XDG_CACHE_HOME"] = place.path("another")
    uri = f"foxapi://clips/{digest}"
    status, said = place.run(*PLAY, uri, limit=LIMIT)
    points.check("import" in said, "there is no such clip", status, said)
    damaged = place.path("damaged")
    shutil.copytree(place.path("archive"), damaged)
    damage(os.path.join(damaged, digest + ".mp4"))
    place.check("import from nowhere", "foxapi-clips", "import", "nowhere",
                status=1, says="nowhere")
    status, said = place.run("foxapi-clips", "import", "damaged")
    points.check(status == 1 and "damaged" in said and not list_clips(place),
                 "import what is damaged", status, said)
    place.check("import", "foxapi-clips", "import", "archive")
    for played in (uri, URI):
        place.check(f"{played[:16]}… from the archive", *PLAY, played,
                    limit=LIMIT)
    check_lost(points, place, digest)
    clips = list_clips(place)
    damage(clips[0]["file"])
    place.check("check finds it", "foxapi-clips", "check", status=1,
                says="damaged")
    status, said = place.run("foxapi-clips", "forget", digest[:6])
    points.check(status == 0 and "forgotten" in said and not list_clips(place),
                 "forget", status, said)
    left = os.listdir(os.path.join(place.path("another"), "gst-foxapi"))
    points.check(left == [".lock"], "what is left", left)


def check_clips(points):
    """All of it."""
    if shutil.which("ges-launch-1.0") is None:
        points.skip("everything", "there is no ges-launch-1.0")
        return
    with Place(points) as place:
        check_players(points, place)
        check_archive(points, place, check_tool(points, place))
    check_project(points)


if __name__ == "__main__":
    tap.main(check_clips)
