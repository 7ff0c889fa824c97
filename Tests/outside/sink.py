"""sink.py - a mail server that accepts in memory, sometimes says 451 and is sometimes slow."""
import asyncio
import hashlib
import random
import re
import threading
from collections import deque
from dataclasses import dataclass

EHLO = b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 52428800\r\n250 ENHANCEDSTATUSCODES\r\n"


@dataclass(frozen=True)
class Copy:
    """A message that was answered 250, or would have been had the client still been there."""

    message_id: str
    subject: str
    recipients: tuple
    digest: bytes
    generation: int
    session: int


def field(content, name):
    """The value of a header field that is written on one line."""
    found = re.search(rb"(?im)^" + name + rb":[ \t]*(.*?)\r$", content.partition(b"\r\n\r\n")[0] + b"\r\n")
    return found.group(1).decode() if found else ""


class Sink:
    """Serves on an event loop and a thread of its own. `generation` marks the copies of sessions opened from now on."""

    def __init__(self, seed, transient=0.03, slow=0.05, seconds=0.5):
        self.random = random.Random(seed)
        self.transient, self.slow, self.seconds = transient, slow, seconds
        self.generation = 0
        self.copies = deque()  # appended here, read by other threads once all is quiet
        self.open_transactions = self.sessions = 0
        started = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True).start()
        if not started.wait(10):
            raise RuntimeError("the sink did not start")

    async def _serve(self, started):
        server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=1 << 20, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await server.serve_forever()

    async def _session(self, reader, writer):
        try:
            await Session(self, reader, writer).converse()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed
        finally:
            writer.close()


class Session:
    """One connection, from greeting to QUIT or its loss."""

    def __init__(self, sink, reader, writer):
        self.sink, self.reader, self.writer = sink, reader, writer
        self.generation, self.number = sink.generation, sink.sessions
        sink.sessions += 1
        self.recipients = []

    async def converse(self):
        self.writer.write(b"220 sink.test ESMTP\r\n")
        while line := await self.reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.writer.write(await self.transaction())
            else:
                self.writer.write(self.reply(verb, line))
            await self.writer.drain()
            if verb == b"QUIT":
                return

    def reply(self, verb, line):
        if verb == b"EHLO":
            return EHLO
        if verb == b"MAIL":
            self.recipients = []
        if verb == b"RCPT":
            if self.sink.random.random() < self.sink.transient:
                return b"451 4.7.1 not now\r\n"
            self.recipients.append(re.search(rb"<(.*?)>", line).group(1).decode())
        return b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 ok\r\n"

    async def transaction(self):
        """DATA and its two replies; the last is the caller's to write."""
        if not self.recipients:
            return b"503 5.5.1 no recipients\r\n"
        self.sink.open_transactions += 1
        try:
            self.writer.write(b"354 go on\r\n")
            await self.writer.drain()
            content = await self.content()
            chance = self.sink.random.random()
            if chance < self.sink.transient:
                return b"451 4.3.0 not now\r\n"
            if chance < self.sink.transient + self.sink.slow:
                await asyncio.sleep(self.sink.random.uniform(0.05, self.sink.seconds))
            self.sink.copies.append(self.copy(content))
            return b"250 2.0.0 accepted\r\n"
        finally:
            self.sink.open_transactions -= 1

    async def content(self):
        """What lies before the final dot, unstuffed (RFC 5321 §4.5.2)."""
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def copy(self, content):
        return Copy(field(content, b"Message-ID"), field(content, b"Subject"), tuple(self.recipients),
                    hashlib.sha256(content).digest(), self.generation, self.number)
