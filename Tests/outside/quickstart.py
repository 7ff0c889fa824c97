"""quickstart.py - the newcomer's half hour of docs/quickstart.md, step by step, with its own commands and receivers.

    quickstart.py [--binary PATH] [--only python|node|swift ...]

What stands in the page is run as it stands there, but for ports and the secret.
"""
import argparse
import json
import os
import re
import socket
import subprocess
import sys

from checks import Checks
from program import BINARY, ROOT, free_port, serving, until, unwind_on_sigterm

SERVICE, RECEIVER_PORT = "127.0.0.1:8080", 9000
SWIFT_HEAD, SWIFT_END = "import Crypto\nimport FlyingFox\nimport Foundation\n\n", "try await server.run()\n"


def blocks(language):
    """The fenced blocks of the page in a language, in their order."""
    return re.findall(rf"(?s)```{language}\n(.*?)```", (ROOT / "docs" / "quickstart.md").read_text())


def command(beginning_of_path):
    """The curl command of the page that asks for this path."""
    return next(c for c in blocks("sh") if c.startswith("curl ") and SERVICE + beginning_of_path in c)


def masked(text):
    """Without what is another each time."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME", text)
    text = re.sub(r"(size_bytes +)\d+", r"\1N", text)  # The date's day has one digit or two.
    return re.sub(r"\d+ ms", "N ms", re.sub(r"[0-9A-HJKMNP-TV-Z]{26}", "ID", text))


class Newcomer:
    """Somebody with a terminal and the page."""

    def __init__(self, program, checks):
        self.program, self.checks = program, checks

    def types(self, text, port=RECEIVER_PORT):
        """What a command of the page prints, as JSON."""
        text = text.replace(SERVICE, f"127.0.0.1:{self.program.port}").replace(f":{RECEIVER_PORT}/", f":{port}/")
        done = subprocess.run(["bash", "-c", text], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)

    def sends(self):
        """The two messages of the page: one delivered, one bounced."""
        messages = [self.types(c) for c in blocks("sh") if "/v1/messages -H" in c]
        self.checks.equal("what the page sends", [m["status"] for m in messages], ["delivered", "undelivered"])
        bounce = messages[1]["recipients"][0]["bounce"] or {}
        self.checks.equal("the bounce", (bounce.get("type"), bounce.get("category"), bounce.get("smtp_code")),
                          ("hard", "invalid_recipient", 550))

    def looks(self):
        caught = self.types(command("/v1/sandbox/messages/latest"))
        self.checks.that("the sandbox shows it", "It is 4711." in caught["raw"], caught)
        line, _, shown = blocks("console")[0].partition("\n")
        self.checks.equal("what the page's command prints", masked(self.runs(line)), masked(shown))

    def runs(self, line):
        """What a command line of the page, `$ postrider …`, prints."""
        words = [self.program.binary, *line.removeprefix("$ postrider ").split()]
        environment = os.environ | {"POSTRIDER_URL": f"http://127.0.0.1:{self.program.port}"}
        done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def is_told(self, name, start):
        """A webhook, its receiver, and the messages again; then a receiver with another secret."""
        port = free_port()
        webhook = self.types(command("/v1/webhooks "), port)
        with Receiver(start, webhook["secret"], port):
            self.posts(webhook["id"])
        outcomes = self.outcomes(webhook["id"])
        self.checks.equal(f"{name}: both posts are verified", outcomes,
                          {("message.delivered", "succeeded", 204), ("message.bounced", "succeeded", 204)})
        self.program.client(key=None).request("DELETE", f"/v1/webhooks/{webhook['id']}").expect(200)
        port = free_port()
        webhook = self.types(command("/v1/webhooks "), port)
        with Receiver(start, "whsec_" + "A" * 43 + "=", port):
            self.posts(webhook["id"])
        self.checks.equal(f"{name}: a receiver with another secret refuses them", self.outcomes(webhook["id"]),
                          {("message.delivered", "failed", 401), ("message.bounced", "failed", 401)})
        self.program.client(key=None).request("DELETE", f"/v1/webhooks/{webhook['id']}").expect(200)

    def posts(self, webhook):
        """Sends, and waits until both outcomes have been posted."""
        for text in blocks("sh"):
            if "/v1/messages -H" in text:
                self.types(text.replace("bounced@", f"bounced+{webhook[-8:].lower()}@"))
        until(lambda: len(self.outcomes(webhook)) >= 2, 20)

    def outcomes(self, webhook):
        posts = self.program.client(key=None).get(f"/v1/webhooks/{webhook}/deliveries")["data"]
        return {(p["event_type"], p["status"], p["response_status"]) for p in posts}


class Receiver:
    """One of the page's receivers, from its start to its end."""

    def __init__(self, start, secret, port):
        self.start, self.environment, self.port = start, os.environ | {"WEBHOOK_SECRET": secret}, port

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self):
        self.process = subprocess.Popen(self.start(self.port), env=self.environment, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        if not until(self.listens, 20):
            raise SystemExit(f"the receiver does not listen (exit code {self.process.poll()})")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def with_port(text, port):
    return text.replace(str(RECEIVER_PORT), str(port))


def python(directory):
    def start(port):
        path = directory / "receiver.py"
        path.write_text(with_port(blocks("python")[0], port))
        return [sys.executable, path]

    return start


def node(directory):
    def start(port):
        path = directory / "receiver.mjs"
        path.write_text(with_port(blocks("js")[0], port))
        return ["node", path]

    return start


def swift(directory):
    """Built once: the port is read from the environment, which the page's receiver has no need of."""
    package = directory / "swift"
    source, manifest = blocks("swift")
    (package / "Sources" / "Receiver").mkdir(parents=True)
    (package / "Package.swift").write_text(manifest)
    ported = source.replace(f"port: {RECEIVER_PORT}", 'port: UInt16(CommandLine.arguments[1]) ?? 0')
    (package / "Sources" / "Receiver" / "main.swift").write_text(SWIFT_HEAD + ported + SWIFT_END)
    built = subprocess.run(["swift", "build", "--package-path", package], capture_output=True, text=True)
    if built.returncode != 0:
        raise SystemExit(f"the page's Swift does not build:\n{built.stdout}{built.stderr}")
    return lambda port: [package / ".build" / "debug" / "Receiver", str(port)]


LANGUAGES = {"python": python, "node": node, "swift": swift}


def ten_lines(checks):
    for language, fence in (("Python", "python"), ("Node", "js"), ("Swift", "swift")):
        checks.equal(f"lines of {language}", len(blocks(fence)[0].splitlines()), 10)


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--only", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    arguments, checks = parser.parse_args(), Checks()
    ten_lines(checks)
    with serving(arguments.binary, "quickstart", checks) as program:
        newcomer = Newcomer(program, checks)
        newcomer.sends()
        newcomer.looks()
        for name in arguments.only:
            newcomer.is_told(name, LANGUAGES[name](program.directory))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
