# SPDX-License-Identifier: LGPL-2.1-or-later
"""A FoxAPI service for measurements: it answers at once, or never.

The path before /v1 says how it behaves, so that a contestant chooses by its
base-url:

  /done/NAME          a submission is answered with a completed task, whose result
                      is the link called NAME
  /soon/NAME          the first question is
  /running/ID         the task runs as long as ESTIMATED_TIME says, again and again
  /hold-submit/ID     a submission is never answered
  /hold-ask/ID        a question is never answered
  /stalled/ID         a task whose result is /stall/ID
  /stall/ID           a file of which only the start comes
  /small              a file of a few bytes
  /arrived/WHAT/ID    answers when a request has got where WHAT/ID ends

It runs in a thread of its own.
"""

import asyncio
import dataclasses
import json
import ssl
import threading
import time

ESTIMATED_TIME = 60
STALL_LENGTH = 1 << 20
STALL_SENT = 64 * 1024
SMALL = b"x" * 1000


@dataclasses.dataclass
class Request:
    time: float  # on the monotonic clock, which all processes share
    path: str
    connection: "Connection"


@dataclasses.dataclass
class Connection:
    closed: float = float("inf")


class Service:
    """Listens at .url, at .tls_url with TLS, and at .silent_url (for TLS) and
    .silent_plain_url, where connections are accepted and nothing is ever said."""

    def __init__(self, certificate):
        self.links = {}
        self.requests = []
        self._certificate = certificate
        self._events = {}
        self._tasks = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    def count_open(self, mark, moment):
        """The connections that have carried a request with mark in its path and
        were open at that moment."""
        carried = [each.connection for each in list(self.requests)
                   if mark in each.path and each.time <= moment]
        return len({id(each) for each in carried if each.closed > moment})

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()

    async def _listen(self):
        async def listen(handler, **options):
            server = await asyncio.start_server(
                handler, "127.0.0.1", 0, backlog=1024, **options)
            self._tasks.add(server)
            return f"://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._certificate)
        self.url = "http" + await listen(self._serve)
        self.tls_url = "https" + await listen(self._serve, ssl=context)
        silent = await listen(self._say_nothing)
        self.silent_url, self.silent_plain_url = "https" + silent, "http" + silent

    async def _say_nothing(self, reader, writer):
        try:
            if await reader.read(1):
                self._note_arrival("silent/hello")
            await reader.read()
        except OSError:
            pass
        writer.close()

    async def _serve(self, reader, writer):
        connection = Connection()
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                arrived = time.monotonic()
                method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
                self.requests.append(Request(arrived, path, connection))
                await self._read_body(reader, head)
                await self._answer(method, path, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            connection.closed = time.monotonic()
            writer.close()

    @staticmethod
    async def _read_body(reader, head):
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))

    async def _answer(self, method, path, reader, writer):
        scenario, _, rest = path[1:].partition("/")
        name, _, call = rest.partition("/")
        if scenario == "arrived":
            await self._arrival(rest)
            await self._send(writer, b"")
        elif scenario == "small":
            await self._send(writer, SMALL)
        elif scenario == "stall":
            await self._stall(reader, writer, name)
        elif (scenario, method) in (("hold-submit", "POST"), ("hold-ask", "GET")):
            self._note_arrival(f"{scenario}/{name}")
            await reader.read()
        else:
            await self._send(writer, self._task(scenario, name, method))
            if scenario != "hold-ask":
                self._note_arrival(f"{scenario}/{name}")

    def _task(self, scenario, name, method):
        now = time.time()
        task = {
            "created": int(now), "id": f"task-{scenario}-{name}",
            "model": "wan-2.7-reference-to-video",
            "object": "video.generation.task", "type": "video",
            "progress": 0, "status": "pending",
            "task_info": {"can_cancel": True, "estimated_time": ESTIMATED_TIME},
        }
        if scenario == "done" or (scenario == "soon" and method == "GET"):
            self._complete(task, self.links[name])
        elif scenario == "stalled":
            self._complete(task, f"{self.links['stall']}/stall/{name}")
        elif scenario == "running" and method == "GET":
            share = now / ESTIMATED_TIME % 1
            task.update(status="processing", progress=int(share * 100))
        # On the monotonic clock, which all processes share.
        task["answered"] = time.monotonic()
        return json.dumps(task).encode()

    @staticmethod
    def _complete(task, link):
        task.update(status="completed", progress=100, results=[{"url": link}])

    @staticmethod
    async def _send(writer, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async def _stall(self, reader, writer, name):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n"
                     b"Content-Length: %d\r\nAccept-Ranges: bytes\r\n"
                     b"ETag: \"a\"\r\n\r\n" % STALL_LENGTH + bytes(STALL_SENT))
        await writer.drain()
        self._note_arrival(f"stall/{name}")
        await reader.read()

    def _note_arrival(self, what):
        self._events.setdefault(what, asyncio.Event()).set()

    async def _arrival(self, what):
        await self._events.setdefault(what, asyncio.Event()).wait()
        del self._events[what]
