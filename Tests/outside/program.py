"""program.py - the finished binary, started as its users start it, and its HTTP interface."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build" / "release" / "postrider"
ROOT_KEY = "outside-root-key-0123456789abcdef"


def free_port():
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds, every=0.05):
    """Asks `condition` again and again; its first true value, or its last value when the time is up."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(every)
    return value


def unwind_on_sigterm():
    """A time limit from outside ends a script like an exception: what it started is stopped."""
    def unwind(*_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # timeout(1) sends it twice
        sys.exit("SIGTERM: the time is up")

    signal.signal(signal.SIGTERM, unwind)


class DidNotStart(SystemExit):
    """The program ended, or did not say in time that it listens."""


class Program:
    """One data directory and the process that serves it, which may come and go."""

    def __init__(self, binary, directory, settings=None, arguments=("serve",)):
        self.binary = Path(binary)
        if not self.binary.exists():
            raise SystemExit(f"{binary} is missing: run `make build` first")
        self.directory = Path(directory)
        self.port = free_port()
        self.arguments = arguments
        self.output = self.directory / "stdout.txt"
        self.log = self.directory / "stderr.txt"
        self.process = None
        values = {"http.listen": f"127.0.0.1:{self.port}", "data.directory": self.directory / "data"}
        values |= settings or {}
        self.origin = f"http{'s' if 'http.tls_certificate' in values else ''}://127.0.0.1:{self.port}"
        self.environment = self._environment(values)

    @staticmethod
    def _environment(settings):
        """What the shell has, without settings of its own, and the settings under their mechanical names."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("POSTRIDER_")}
        return inherited | {"POSTRIDER_" + k.upper().replace(".", "_"): str(v) for k, v in settings.items()}

    def spawn(self):
        """Starts the process and does not wait for it to be up."""
        with open(self.output, "wb") as output, open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, *self.arguments], cwd=self.directory, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=log)

    def start(self, seconds=30):
        """Starts the process and waits for its start line on stdout."""
        self.spawn()
        until(lambda: self.is_listening() or self.process.poll() is not None, seconds, every=0.01)
        if not self.is_listening():
            raise DidNotStart(f"no `listening on` line on stdout (exit code {self.process.poll()})\n{self.tail()}")

    def is_listening(self):
        return f"listening on {self.origin}" in self.output.read_text(errors="replace")

    def run(self, *arguments, seconds=30):
        """Runs another command of the binary with the same settings: its exit code and all its output."""
        done = subprocess.run([self.binary, *arguments], cwd=self.directory, env=self.environment, timeout=seconds,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def kill(self):
        """SIGKILL: no last word."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=60):
        """SIGTERM; the exit code, or None if it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def tail(self, lines=20):
        """The last it said."""
        texts = (path.read_text(errors="replace") for path in (self.output, self.log) if path.exists())
        return "\n".join("    | " + line for text in texts for line in text.splitlines()[-lines:])

    def client(self, key=ROOT_KEY):
        return Client(self.port, key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()


@contextmanager
def serving(binary, name, checks, settings=None):
    """The program in development mode, in a directory of its own, from its start to an end that must be good."""
    with tempfile.TemporaryDirectory(prefix=f"postrider-{name}-") as directory:
        with Program(binary, directory, settings, ("serve", "--dev")) as program:
            program.start()
            try:
                yield program
                checks.equal("SIGTERM ends it with 0", program.stop(), 0)
            finally:
                if checks.failed or sys.exc_info()[0]:
                    print(f"Postrider's last words:\n{program.tail()}", flush=True)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    def expect(self, status):
        """The body as JSON; anything but `status` ends the run with the server's own words."""
        if self.status != status:
            raise AssertionError(f"expected {status}, got {self.status}: {self.body[:1000].decode(errors='replace')}")
        return self.json


class Client:
    """One keep-alive connection. Errors of the connection are the caller's to judge."""

    def __init__(self, port, key):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.authorization = {"Authorization": f"Bearer {key}"} if key else {}

    def request(self, method, path, body=None, headers=None):
        """One exchange; after an error the next one opens a new connection. A body is bytes, or becomes JSON."""
        fields = self.authorization | {"Content-Type": "application/json"} if body is not None else self.authorization
        fields = fields | (headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        try:
            self.connection.request(method, path, body, fields)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def get(self, path):
        return self.request("GET", path).expect(200)

    def pages(self, path, limit=200):
        """Every entry of a list, page by page."""
        mark = "&" if "?" in path else "?"
        cursor = ""
        while True:
            page = self.get(f"{path}{mark}limit={limit}{cursor}")
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = f"&cursor={page['next_cursor']}"
