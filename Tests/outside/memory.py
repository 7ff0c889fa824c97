"""memory.py - what many large messages at once cost in memory, and that small ones get through meanwhile.

    memory.py [--binary PATH] [--secure]

Prints the peak of the resident set for 1 to 200 clients that upload 18 MiB each, again and again until it is accepted.
"""
import argparse
import base64
import os
import socket
import ssl
import sys
import tempfile
import threading
import time
from pathlib import Path

from checks import Checks
from pair import Pair
from program import BINARY, ROOT_KEY, Program, unwind_on_sigterm

MEMORY = 256 << 20


def message(size):
    """A message whose JSON has about this many bytes, most of them an attachment."""
    content = base64.b64encode(os.urandom(size * 3 // 4)).decode()
    return ('{"from":"a@acme.test","to":"b@example.test","subject":"Large","text":"It is attached.","attachments":'
            f'[{{"filename":"a.bin","content":"{content}"}}]}}').encode()


def read_head(peer):
    """Status and `Retry-After` of the next answer."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = peer.recv(65536)
        if not more:
            raise OSError("closed without an answer")
        head += more
    lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), int(fields.get("retry-after", 0))


class Uploads:
    """As many clients as wanted, each sending `body` until it is accepted; one more sends small messages."""

    def __init__(self, program, connect, clients, body):
        self.program, self.connect, self.body = program, connect, body
        self.accepted, self.refused, self.problems = 0, 0, []
        self.small, self.small_refused, self.slowest = 0, 0, 0.0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.clients = [threading.Thread(target=self.upload) for _ in range(clients)]
        self.beside = threading.Thread(target=self.send_small)

    def post(self, body):
        """The status, and how long the server asks to wait. The body goes only when the server says so."""
        head = (f"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ROOT_KEY}\r\nContent-Type: "
                f"application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        try:
            with self.connect() as peer:
                peer.sendall(head.encode())
                answer = read_head(peer)
                if answer[0] == 100:
                    peer.sendall(body)
                    answer = read_head(peer)
                return answer
        except OSError as error:
            return str(error) or type(error).__name__, 1

    def upload(self):
        end = time.monotonic() + 300
        while time.monotonic() < end:
            status, wait = self.post(self.body)
            with self.lock:
                self.accepted += status == 202
                self.refused += status == 503
                if status not in (202, 503):
                    self.problems.append(f"a large message: {status}")
            if status == 202:
                return
            time.sleep(wait)
        self.problems.append("a large message was not accepted in five minutes")

    def send_small(self):
        body = message(1000)
        while not self.over.wait(0.05):
            begin = time.monotonic()
            status, _ = self.post(body)
            self.slowest = max(self.slowest, time.monotonic() - begin)
            self.small += 1
            self.small_refused += status != 202

    def run(self):
        begin = time.monotonic()
        for thread in [self.beside, *self.clients]:
            thread.start()
        for thread in self.clients:
            thread.join()
        self.over.set()
        self.beside.join()
        return time.monotonic() - begin


def resident(process, field):
    """MiB, of /proc/PID/status."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) >> 10
    raise KeyError(field)


def measure(program, connect, checks):
    body = message(18 << 20)
    print(f"  idle: {resident(program.process, 'VmRSS')} MiB", flush=True)
    print("  clients  peak MiB  after MiB  accepted  503s  seconds  small sent  refused  slowest s", flush=True)
    for clients in (1, 2, 5, 10, 20, 50, 100, 200):
        Path(f"/proc/{program.process.pid}/clear_refs").write_text("5")  # The peak counts from here.
        uploads = Uploads(program, connect, clients, body)
        seconds = uploads.run()
        peak = resident(program.process, "VmHWM")
        after = resident(program.process, "VmRSS")
        print(f"  {clients:7} {peak:9} {after:10} {uploads.accepted:9} {uploads.refused:5} {seconds:8.1f} "
              f"{uploads.small:11} {uploads.small_refused:8} {uploads.slowest:10.2f}", flush=True)
        checks.none(f"{clients} clients: each large message was accepted, sooner or later", uploads.problems)
        checks.equal(f"{clients} clients: no small message was refused", uploads.small_refused, 0)
        checks.that(f"{clients} clients: the peak is below six times the memory for bodies", peak < 6 * MEMORY >> 20,
                    f"{peak} MiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--secure", action="store_true", help="by HTTPS")
    options = parser.parse_args()
    unwind_on_sigterm()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="postrider-memory-") as place:
        # Nothing can be looked up, so that nothing is delivered.
        settings = {"root_key": ROOT_KEY, "dns.servers": "127.0.0.1:1", "http.max_body_memory": f"{MEMORY >> 20}MiB"}
        if options.secure:
            settings |= Pair(Path(place)).settings
        with Program(Path(options.binary).resolve(), place, settings) as program:
            program.start()
            measure(program, connector(program.port, options.secure), checks)
            checks.equal("SIGTERM ends it well", program.stop(), 0)
    return checks.finish()


def connector(port, is_secure):
    """Makes connections; whom they lead to is not in question here."""
    def connect():
        return socket.create_connection(("127.0.0.1", port), timeout=120)

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return (lambda: context.wrap_socket(connect())) if is_secure else connect


if __name__ == "__main__":
    sys.exit(main())
