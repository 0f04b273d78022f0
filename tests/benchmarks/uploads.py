#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures local references being uploaded to a far server.

    python3 tests/benchmarks/uploads.py BUILD-DIRECTORY

The simulator is behind a line that is 80 ms long there and back, and lets
through 2 MB/s on one connection and 8 MB/s on all. Printed are the seconds from
the start to the task, by the element and, one upload after the other, by curl
(which setup.sh does not install).
"""

import asyncio
import os
import pathlib
import subprocess
import sys
import threading
import time

os.environ["FOXAPI_BUILD"] = os.path.abspath(sys.argv[1])
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "docs"))
import simulator  # noqa: E402

DELAY = .04
CONNECTION_RATE = 2e6
LINE_RATE = 8e6
PIECE = 16384
CASES = {"8 images of 300 KB": ("image", 8, 300_000),
         "4 videos of 8 MB": ("video", 4, 8_000_000)}
# The element looks at this.
START = {"image": b"\x89PNG\r\n\x1a\n", "video": b"\0\0\0\x18ftypmp42"}
ROUNDS = 3


class Line:
    """A TCP proxy, late and slow, in a thread of its own."""

    def __init__(self, target):
        self.target = target
        self.free_at = 0.
        self.port = None
        self.listening = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.listen()),
                         daemon=True).start()
        self.listening.wait()

    async def listen(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        await server.serve_forever()

    async def serve(self, reader, writer):
        await asyncio.sleep(2 * DELAY)  # the handshake
        far = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self.carry(reader, far[1], True),
                             self.carry(far[0], writer, False),
                             return_exceptions=True)
        for end in (writer, far[1]):
            end.close()

    async def carry(self, reader, writer, is_slow):
        under_way = asyncio.Queue(64)
        arrivals = asyncio.create_task(self.arrive(under_way, writer))
        connection_free_at = 0.
        while True:
            data = await reader.read(PIECE)
            now = time.monotonic()
            if is_slow:
                connection_free_at = max(connection_free_at, now) + \
                    len(data) / CONNECTION_RATE
                self.free_at = max(self.free_at, now) + len(data) / LINE_RATE
                await asyncio.sleep(
                    max(connection_free_at, self.free_at) - now)
            await under_way.put((time.monotonic() + DELAY, data))
            if not data:
                break
        await arrivals

    async def arrive(self, under_way, writer):
        while True:
            when, data = await under_way.get()
            await asyncio.sleep(max(0, when - time.monotonic()))
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()


def by_element(place, kind, files):
    references = ",".join(f'"file://{file}"' for file in files)
    status, said = place.run(
        "gst-launch-1.0", "-q", "foxapivideosrc", "prompt=x", "output=task",
        f"reference-{kind}-urls=<{references}>", "!", "fakesink", limit=600)
    if status != 0:
        raise RuntimeError(said)


def by_curl(port, files):
    for file in files:
        subprocess.run(["curl", "-sf", "-H", f"Authorization: Bearer {simulator.KEY}",
                        "-F", f"file=@{file}",
                        f"http://127.0.0.1:{port}/v1/files/upload/stream"],
                       check=True, stdout=subprocess.DEVNULL)


def take_time(call, *arguments):
    start = time.monotonic()
    call(*arguments)
    return f"{time.monotonic() - start:.2f}"


def main():
    with simulator.Place(None) as place:
        port = Line(int(place.service.url.rsplit(":", 1)[1])).port
        place.environment["FOXAPI_BASE_URL"] = f"http://127.0.0.1:{port}"
        for case, (kind, count, size) in CASES.items():
            files = [place.path(f"{kind}{i}") for i in range(count)]
            for file in files:
                pathlib.Path(file).write_bytes(START[kind] + os.urandom(size))
            element = [take_time(by_element, place, kind, files)
                       for _ in range(ROUNDS)]
            curl = [take_time(by_curl, port, files) for _ in range(ROUNDS)]
            print(f"{case}: element {' '.join(element)}, "
                  f"curl one by one {' '.join(curl)}")


if __name__ == "__main__":
    main()
