"""nameserver.py - a DNS server in thirty lines, and a question to ask of any."""
import socket
import socketserver
import struct
import threading

A, SOA, MX, TXT = 1, 6, 15, 16
RESPONSE_AUTHORITATIVE = 0x8580  # QR AA RD RA, NOERROR (RFC 1035 §4.1.1)
NAME_OF_QUESTION = b"\xc0\x0c"  # a pointer to offset 12 (RFC 1035 §4.1.4)


def record(kind, content):
    """An answer about the name that was asked for."""
    return NAME_OF_QUESTION + struct.pack(">HHIH", kind, 1, 60, len(content)) + content


class Answerer(socketserver.BaseRequestHandler):
    def handle(self):
        query, server = self.request
        end = query.index(b"\0", 12) + 5
        name = query[12:end - 4]
        (kind,) = struct.unpack(">H", query[end - 4:end - 2])
        answer = b""
        if kind == MX and not name.startswith(b"\x02mx"):
            answer = record(MX, struct.pack(">H", 10) + b"\x02mx" + NAME_OF_QUESTION)
        elif kind == A and name.startswith(b"\x02mx"):
            answer = record(A, bytes([127, 0, 0, 1]))
        counts = struct.pack(">HHHHH", RESPONSE_AUTHORITATIVE, 1, 1 if answer else 0, 0, 0)
        server.sendto(query[:2] + counts + query[12:end] + answer, self.client_address)


class NameServer(socketserver.ThreadingUDPServer):
    """The MX of any name N is mx.N at 127.0.0.1; there is nothing else."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answerer)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


def ask(port, name, kind, seconds=0.5):
    """The answer records of the server at `port`, as they are on the wire; over TCP, which has room for all of them."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">HHHHHH", 4711, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as asker, asker.makefile("rb") as reader:
        asker.sendall(struct.pack(">H", len(query)) + query)
        answer = reader.read(struct.unpack(">H", reader.read(2))[0])
    return records(answer, len(query), struct.unpack(">H", answer[6:8])[0])


def records(answer, at, count):
    """The contents of the `count` records that begin at `at`."""
    for _ in range(count):
        while answer[at] and answer[at] < 0xC0:
            at += answer[at] + 1
        at += 2 if answer[at] else 1
        (length,) = struct.unpack(">H", answer[at + 8:at + 10])
        yield answer[at + 10:at + 10 + length]
        at += 10 + length


def texts(port, name):
    """The TXT records of a name, each with its strings joined (RFC 6376 §3.6.2.2)."""
    def joined(content):
        while content:
            yield content[1:1 + content[0]]
            content = content[1 + content[0]:]

    return [b"".join(joined(content)) for content in ask(port, name, TXT)]


def serial(port, name):
    """The serial number of a zone, None if the server has no answer."""
    try:
        return next((struct.unpack(">I", content[-20:-16])[0] for content in ask(port, name, SOA)), None)
    except (OSError, struct.error):
        return None


def answers(port, name, kind=SOA, seconds=0.5):
    """Whether the server at `port` has a record of that kind for `name`."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">HHHHHH", 4711, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(seconds)
        try:
            asker.connect(("127.0.0.1", port))
            asker.send(query)
            return struct.unpack(">H", asker.recv(4096)[6:8])[0] > 0
        except OSError:
            return False
