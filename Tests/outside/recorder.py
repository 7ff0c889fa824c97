"""recorder.py - a mail server that keeps every transaction: envelope, parameters, bytes without dot-stuffing.

A strict one ends a message at CRLF.CRLF and nowhere else. A lax one ends it at each of the sequences with which SMTP
smuggling works, and takes what follows for commands: what slips through there is seen as a second MAIL.
"""
import asyncio
import re
import threading
from dataclasses import dataclass

ALL_FEATURES = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 52428800", "ENHANCEDSTATUSCODES")
LIMIT = 1 << 26  # bytes of a message, and of one line of it
SMUGGLING = (b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n",
             b"\r\n\0.\r\n")
STRICT_END = re.compile(rb"\r\n\.\r\n")
LAX_END = re.compile(b"|".join(re.escape(end) for end in sorted((*SMUGGLING, b"\r\n.\r\n"), key=len, reverse=True)))
PATH = re.compile(rb"^(?:MAIL FROM|RCPT TO):<((?:\"(?:[^\"\\]|\\.)*\"|[^\">])*)>(?: (.*))?$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Transaction:
    """One message that was answered 250. `recipients` are the forward-paths, in bytes, without the angle brackets."""

    reverse_path: bytes
    parameters: tuple  # of MAIL, in upper case, without SIZE
    recipients: tuple
    content: bytes

    @property
    def message_id(self):
        found = re.search(rb"(?im)^message-id:\s*(<[^>\s]*>)", self.head)
        return found.group(1).decode() if found else ""

    @property
    def head(self):
        """The header, with the CRLF of its last line."""
        return self.content.partition(b"\r\n\r\n")[0] + b"\r\n"

    @property
    def body(self):
        return self.content.partition(b"\r\n\r\n")[2]


class Recorder:
    """Serves at `address`:`port` on an event loop and a thread of its own."""

    def __init__(self, address, port, features=ALL_FEATURES, lax=False):
        self.features, self.end = features, LAX_END if lax else STRICT_END
        self.transactions = []  # appended here, read by other threads
        self.commands = []  # every line outside of a message
        self.port = port
        self.failure = None
        self.is_deferring = False  # answers 451 to every recipient while it is set
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(address, port, ready)), daemon=True).start()
        if not ready.wait(10) or self.failure:
            raise SystemExit(f"the recorder did not start at {address}:{port}: {self.failure}")

    async def _serve(self, address, port, ready):
        try:
            server = await asyncio.start_server(self._session, address, port, backlog=256)
            self.port = server.sockets[0].getsockname()[1]
        except OSError as error:
            self.failure = error
            return
        finally:
            ready.set()
        await server.serve_forever()

    async def _session(self, reader, writer):
        try:
            await Session(self, reader, writer).converse()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()

    def mails(self):
        """How many MAIL commands came."""
        return sum(1 for line in self.commands if line[:4].upper() == b"MAIL")

    def by_message_id(self):
        found = {}
        for transaction in list(self.transactions):
            found.setdefault(transaction.message_id, []).append(transaction)
        return found


class Session:
    """One connection, from greeting to QUIT or its loss."""

    def __init__(self, recorder, reader, writer):
        self.recorder, self.reader, self.writer = recorder, reader, writer
        self.pending = bytearray()  # read and not yet understood
        self._reset()

    def _reset(self):
        self.reverse_path, self.parameters, self.recipients = None, (), []

    async def converse(self):
        self.writer.write(b"220 recorder.test ESMTP\r\n")
        while True:
            line = bytes(await self._until(re.compile(rb"\r?\n"))).rstrip(b"\r\n")
            self.recorder.commands.append(line)
            verb = line[:4].upper()
            self.writer.write(await self._data() if verb == b"DATA" else self._reply(verb, line))
            await self.writer.drain()
            if verb == b"QUIT":
                return

    async def _until(self, end):
        """Everything up to and with the first match of `end`, which is taken off what is pending."""
        searched = 0
        while not (found := end.search(self.pending, searched)):
            searched = max(0, len(self.pending) - 8)
            more = await self.reader.read(1 << 16)
            if not more or len(self.pending) > LIMIT:
                raise ConnectionError
            self.pending += more
        taken = self.pending[:found.end()]
        del self.pending[:found.end()]
        return taken

    def _reply(self, verb, line):
        if verb == b"EHLO":
            lines = ("recorder.test", *self.recorder.features)
            return "".join(f"250{' ' if at == len(lines) else '-'}{text}\r\n"
                           for at, text in enumerate(lines, 1)).encode()
        if verb == b"MAIL":
            return self._mail(line)
        if verb == b"RCPT":
            return self._rcpt(line)
        if verb == b"RSET":
            self._reset()
        return b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 ok\r\n"

    def _mail(self, line):
        if not (parts := PATH.match(line)) or self.reverse_path is not None:
            return b"503 5.5.1 not now\r\n"
        words = (parts.group(2) or b"").decode(errors="replace").upper().split()
        offered = {"BODY=8BITMIME": "8BITMIME", "BODY=7BIT": "8BITMIME", "SMTPUTF8": "SMTPUTF8"}
        for word in words:
            if not word.startswith("SIZE=") and offered.get(word) not in self.recorder.features:
                return b"555 5.5.4 parameter not offered\r\n"
        self.reverse_path = parts.group(1)
        self.parameters = tuple(word for word in words if not word.startswith("SIZE="))
        return b"250 2.1.0 ok\r\n"

    def _rcpt(self, line):
        parts = PATH.match(line)
        if not parts or self.reverse_path is None or parts.group(2):
            return b"503 5.5.1 not now\r\n"
        if self.recorder.is_deferring:
            return b"451 4.7.1 not now\r\n"
        if not line.isascii() and "SMTPUTF8" not in self.parameters:
            return b"553 5.6.7 not without SMTPUTF8\r\n"
        self.recipients.append(parts.group(1))
        return b"250 2.1.5 ok\r\n"

    async def _data(self):
        """DATA and its two replies; the last is the caller's to write."""
        if not self.recipients:
            return b"503 5.5.1 no recipients\r\n"
        self.writer.write(b"354 go on\r\n")
        await self.writer.drain()
        self.pending[:0] = b"\r\n"  # a message may begin with its final dot
        stuffed = bytes(await self._until(self.recorder.end))
        content = stuffed[:stuffed.rindex(b".")].replace(b"\r\n.", b"\r\n")[2:]  # RFC 5321 §4.5.2
        self.recorder.transactions.append(
            Transaction(self.reverse_path, self.parameters, tuple(self.recipients), content))
        self._reset()
        return b"250 2.0.0 recorded\r\n"
