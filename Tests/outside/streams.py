"""streams.py - a thousand long-polls and two hundred event streams while mail is sent: each sees each of its events once.

    streams.py [--binary PATH] [--polls 1000] [--streams 200] [--messages 5000] [--rate 400]

The sandbox takes the mail. Every client follows the log by a filter of its own kind: everything, one type, or one tag. At
the end each client's events are held against the log as it reads page by page. Prints what a waiting client costs, and
how long after its time stamp an event was there. Loopback only; one temporary directory; bounded to about four minutes.
"""
import argparse
import asyncio
import json
import multiprocessing
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from checks import Checks
from program import BINARY, Client as Sender, Program, unwind_on_sigterm

SHARDS = 100
SECONDS_TO_RUN_OUT = 150
BYTES_PER_CLIENT = 20_000
FRAME = re.compile(rb"id: (\d+)\nevent: ([a-z._]+)\ndata: (\{[^\n]*\})\n\n")
TIMESTAMP = re.compile(rb'"timestamp":"([^"]+)"')


def filters(count):
    """A filter for each client: one in twenty wants everything, one in twenty a type, the others a tag."""
    for number in range(count):
        if number % 20 == 0:
            yield ""
        elif number % 20 == 1:
            yield "types=message.delivered"
        else:
            yield f"tag.shard={number % SHARDS}"


def wanted(query, event):
    name, _, value = query.partition("=")
    if name == "types":
        return event["type"] == value
    return not name or event["data"]["tags"].get(name.removeprefix("tag.")) == value


class Client(asyncio.Protocol):
    """One connection, its filter and what it has seen."""

    def __init__(self, query):
        self.query, self.seen, self.latencies, self.problems, self.buffer = query, [], [], [], b""

    def connection_made(self, transport):
        self.transport = transport
        self.ask()

    def data_received(self, data):
        self.buffer += data
        try:
            self.read()
        except (ValueError, KeyError, IndexError) as error:
            self.problems.append(f"{self.query}: {error!r} in {self.buffer[:200]!r}")
            self.transport.abort()

    def connection_lost(self, error):
        if not self.is_over:
            self.problems.append(f"{self.query}: the connection was lost after {len(self.seen)} events: {error}")

    is_over = False

    def close(self):
        self.is_over = True
        self.transport.abort()

    def get(self, path, fields=""):
        query = f"{path}{'&' if '?' in path else '?'}{self.query}" if self.query else path
        self.transport.write(f"GET {query} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())

    def head(self):
        """The head of an answer, once it is there whole, taken from the buffer."""
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError("not a 200")
        self.buffer = rest
        return dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])

    def note(self, seq, timestamp):
        self.seen.append(seq)
        if "tag" in self.query:
            self.latencies.append(time.time() - datetime.fromisoformat(timestamp).timestamp())


class Stream(Client):
    """Server-sent events, in chunks."""

    in_body, text = False, b""

    def ask(self):
        self.get("/v1/events/stream")

    def read(self):
        if not self.in_body:
            fields = self.head()
            if fields is None:
                return
            if fields[b"transfer-encoding"] != b"chunked" or fields[b"content-type"] != b"text/event-stream":
                raise ValueError(fields)
            self.in_body = True
        position = 0
        while (end := self.buffer.find(b"\r\n", position)) >= 0:
            size = int(self.buffer[position:end], 16)
            if len(self.buffer) < end + 4 + size:
                break
            self.text += self.buffer[end + 2:end + 2 + size]
            position = end + 4 + size
        self.buffer = self.buffer[position:]
        self.events()

    def events(self):
        end = 0
        for frame in FRAME.finditer(self.text):
            end = frame.end()
            if b'"seq":%s,' % frame[1] not in frame[3] or b'"type":"%s"' % frame[2] not in frame[3]:
                raise ValueError(frame[0])
            self.note(int(frame[1]), TIMESTAMP.search(frame[3])[1].decode())
        self.text = self.text[end:]


class Poll(Client):
    """`GET /v1/events` with a cursor and a preference to wait, again and again."""

    cursor, length = "now", None

    def ask(self):
        self.get(f"/v1/events?limit=200&cursor={self.cursor}", "Prefer: wait=60\r\n")

    def read(self):
        if self.length is None:
            fields = self.head()
            if fields is None:
                return
            self.length = int(fields[b"content-length"])
        if len(self.buffer) < self.length:
            return
        page, self.buffer = json.loads(self.buffer[:self.length]), self.buffer[self.length:]
        self.length, self.cursor = None, page["next_cursor"]
        for event in page["data"]:
            self.note(event["seq"], event["timestamp"])
        self.ask()


def send(port, first, count, rate, done):
    """A process of its own: so many messages at so many a second."""
    client = Sender(port, None)
    start = time.monotonic()
    for number in range(count):
        body = {"from": "hello@acme.test", "to": f"user{first + number}@example.test", "subject": f"Number {first + number}",
                "text": "It is 4711.", "tags": {"shard": str((first + number) % SHARDS)}}
        client.request("POST", "/v1/messages", body).expect(202)
        time.sleep(max(0, start + (number + 1) / rate - time.monotonic()))
    done.put(time.monotonic() - start)


class StreamTest:
    def __init__(self, arguments, work):
        self.arguments = arguments
        self.program = Program(arguments.binary, work, {"log.level": "warning"}, ("serve", "--dev"))
        self.clients = [Stream(query) for query in filters(arguments.streams)]
        self.clients += [Poll(query) for query in filters(arguments.polls)]
        self.done = multiprocessing.Queue()

    async def run(self):
        self.program.start()
        self.senders(1000)
        await self.sent()
        await asyncio.sleep(1)
        self.before = self.status()
        for client in self.clients:
            await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", self.program.port)
        await asyncio.sleep(2)
        self.waiting = self.status()
        self.senders(self.arguments.messages)
        self.seconds = await self.sent()
        await self.run_out()
        self.after = self.status()
        for client in self.clients:
            client.close()

    def senders(self, count):
        """Two processes, which are soon faster than what reads here."""
        self.processes = [
            multiprocessing.Process(target=send, args=(self.program.port, at, count // 2, self.arguments.rate / 2, self.done))
            for at in (0, count // 2)]
        for process in self.processes:
            process.start()

    async def sent(self):
        for process in self.processes:
            while process.is_alive():
                await asyncio.sleep(0.02)
            if process.exitcode:
                raise SystemExit(f"a sender failed\n{self.program.tail()}")
        return max(self.done.get() for _ in self.processes)

    async def run_out(self):
        """Waits until everything is delivered and seen."""
        expected = 2 * self.arguments.messages
        everything = [client for client in self.clients if not client.query]
        deadline = time.monotonic() + SECONDS_TO_RUN_OUT
        while time.monotonic() < deadline:
            if min(len(client.seen) for client in everything) >= expected:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)  # for what comes twice

    def status(self):
        """Memory in bytes, threads, and seconds of CPU of the program."""
        process = Path(f"/proc/{self.program.process.pid}")
        text = (process / "status").read_text()
        ticks = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024, int(re.search(r"Threads:\s+(\d+)", text)[1]),
                sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"))

    def log(self):
        """What was logged since the clients came."""
        events = list(self.program.client(None).pages("/v1/events"))
        return [event for event in events if event["seq"] > 2000]

    def misled(self, log):
        """Each client has seen what the log has for its filter, once and in order."""
        expected = {}
        for client in self.clients:
            yield from client.problems
            if client.query not in expected:
                expected[client.query] = [event["seq"] for event in log if wanted(client.query, event)]
            right = expected[client.query]
            if client.seen != right:
                missing, surplus = len(set(right) - set(client.seen)), len(client.seen) - len(set(client.seen))
                yield (f"{type(client).__name__} {client.query or 'everything'}: {len(client.seen)} of {len(right)}, "
                       f"{missing} missing, {surplus} twice")

    def figures(self):
        seen = sum(len(client.seen) for client in self.clients)
        print(f"  {self.arguments.messages} messages in {self.seconds:.1f} s, {seen} events to {len(self.clients)} clients, "
              f"{self.after[2] - self.waiting[2]:.1f} s of CPU")
        memory = (self.waiting[0] - self.before[0]) / len(self.clients)
        print(f"  a waiting client: {memory / 1000:.1f} kB; resident: {self.before[0] >> 20} MiB before, "
              f"{self.waiting[0] >> 20} with all waiting, {self.after[0] >> 20} after; threads: {self.before[1]}, "
              f"{self.waiting[1]}, {self.after[1]}")
        for kind in (Stream, Poll):
            times = sorted(t for client in self.clients if isinstance(client, kind) for t in client.latencies)
            at = [times[min(len(times) - 1, int(len(times) * share))] * 1000 for share in (0.5, 0.95, 0.99, 1)]
            print(f"  {kind.__name__.lower()}, time stamp to client: " + ", ".join(
                f"{name} {value:.0f} ms" for name, value in zip(("median", "95 %", "99 %", "slowest"), at)))
        return memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--polls", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=400)
    arguments = parser.parse_args()
    unwind_on_sigterm()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    work = tempfile.mkdtemp(prefix="postrider-streams-")
    test, checks = StreamTest(arguments, work), Checks()
    try:
        with test.program:
            asyncio.run(test.run())
            memory = test.figures()
            log = test.log()
            checks.equal("every message was accepted and delivered", len(log), 2 * arguments.messages)
            checks.none("each client saw each of its events once, in order", test.misled(log))
            checks.that("a waiting client costs under 20 kB", memory < BYTES_PER_CLIENT, f"{memory:.0f} bytes")
            checks.that("waiting costs no threads", test.waiting[1] <= test.before[1], f"{test.before[1]} before, {test.waiting[1]} then")
            checks.equal("it leaves when told to", test.program.stop(), 0)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
