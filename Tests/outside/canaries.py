"""canaries.py - secrets, bodies and Bcc addresses that can be told anywhere, and a search for them where they must not be.

    canaries.py [--binary PATH]

The program runs at debug level and does all it can do with them: sends in every form, answers wrong requests, is refused
by a mail server, posts webhooks and fails to, rolls keys and rotates secrets, ends and starts again. Then every log line,
every error, every file of the data directory and every byte on the wire is looked through. Loopback only.
"""
import argparse
import base64
import email.message
import json
import sys
import tempfile
from pathlib import Path

from checks import Checks
from nameserver import NameServer
from program import BINARY, Program, until, unwind_on_sigterm
from receiver import Receiver
from recorder import Recorder
from secrets_at_rest import lax_modes, leaks, written

ROOT_KEY = "canary-root-key-5f1d2c9e8b7a"
BODY, SUBJECT_SAFE = "canary-body-93ab17", "Your code"
BCC = [f"canary-bcc-{n}@secret{n % 3}.test" for n in range(6)]
GUESS = "pr_live_canaryGuessedKey0123456789abc"
HEADER_SECRET = "canary-endpoint-header-71fe"


class Aviary:
    """The program, its peers, and what was let loose in it."""

    def __init__(self, binary, work):
        self.recorder, self.receiver = Recorder("127.0.0.1", 0), Receiver()
        self.program = Program(binary, work, {
            "root_key": ROOT_KEY, "hostname": "mail.sender.test", "log.level": "debug",
            "dns.servers": f"127.0.0.1:{NameServer().port}", "delivery.port": self.recorder.port,
            "delivery.allow_networks": "127.0.0.0/8", "webhooks.allow_networks": "127.0.0.0/8",
            "delivery.retry_schedule": "1s"})
        self.keys = [ROOT_KEY]
        self.webhook_secrets = []
        self.errors = []  # bodies of answers from 400 on
        self.sent = 0

    @property
    def secrets(self):
        return [*self.keys, *self.webhook_secrets, HEADER_SECRET, GUESS]

    def ask(self, method, path, body=None, headers=None, key=ROOT_KEY):
        answer = self.program.client(key).request(method, path, body, headers)
        if answer.status >= 400:
            self.errors.append(answer.body)
        return answer

    # MARK: Letting them loose

    def make_keys(self):
        scopes = ["messages:send", "messages:read", "messages:content", "events:read", "webhooks"]
        made = self.ask("POST", "/v1/api-keys", {"name": "canary", "scopes": scopes}).expect(201)
        rolled = self.ask("POST", f"/v1/api-keys/{made['id']}/roll", {"grace_seconds": 600}).expect(200)
        revoked = self.ask("POST", "/v1/api-keys", {"name": "gone", "scopes": scopes}).expect(201)
        self.ask("DELETE", f"/v1/api-keys/{revoked['id']}")
        self.keys += [made["key"], rolled["key"], revoked["key"]]

    def make_webhooks(self):
        """One that works, with a rotation; one that nobody answers."""
        for url in (self.receiver.url, "http://127.0.0.1:1/nobody"):
            webhook = self.ask("POST", "/v1/webhooks", {"url": url, "headers": {"X-Token": HEADER_SECRET}}).expect(201)
            self.webhook_secrets.append(webhook["secret"])
            path = f"/v1/webhooks/{webhook['id']}"
            rotated = self.ask("POST", path + "/rotate-secret", {"grace_seconds": 600}).expect(200)
            self.webhook_secrets.append(rotated["secret"])
            self.ask("POST", path + "/test")
            self.ask("GET", path)

    def make_domain(self):
        self.ask("POST", "/v1/domains", {"name": "sender.test"}).expect(201)
        self.ask("POST", "/v1/domains/sender.test/verify")

    def message(self, number, **more):
        return {"from": "hello@sender.test", "to": f"to{number}@open.test", "cc": f"cc{number}@open.test",
                "bcc": [BCC[number % len(BCC)]], "subject": SUBJECT_SAFE, "text": f"{BODY} text {number}",
                "html": f"<p>{BODY} html {number}</p>", **more}

    def send(self):
        """In every form in which a message comes."""
        attachment = {"filename": "a.txt", "content": base64.b64encode(f"{BODY} file".encode()).decode()}
        for key in (ROOT_KEY, self.keys[1], self.keys[2]):
            self.take(self.ask("POST", "/v1/messages", self.message(self.sent), {"Idempotency-Key": f"k{self.sent}"}, key))
        self.take(self.ask("POST", "/v1/messages", self.message(3, attachments=[attachment])))
        self.take(self.ask("POST", "/v1/messages/batch", {"messages": [self.message(4), self.message(5)]}))
        whole = email.message.EmailMessage()
        whole["From"], whole["To"], whole["Subject"] = "hello@sender.test", "to6@open.test", SUBJECT_SAFE
        whole["Bcc"] = BCC[0]
        whole.set_content(f"{BODY} whole")
        raw = base64.b64encode(bytes(whole)).decode()
        self.take(self.ask("POST", "/v1/messages", {"from": "hello@sender.test", "to": "to6@open.test", "bcc": [BCC[0]],
                                                    "raw": raw}))
        self.ask("POST", "/v1/messages?dry_run=true", self.message(7))
        self.take(self.ask("POST", "/v1/messages", self.message(0, to="refused@open.test")))

    def take(self, answer):
        answer.expect(202)
        self.sent += 1

    def blunder(self):
        """Everything wrong that names or carries something secret."""
        for key in (GUESS, self.keys[3], ROOT_KEY + "x"):
            self.ask("GET", "/v1/messages", key=key)
            self.ask("POST", "/v1/messages", self.message(0), key=key)
        for wrong in ({"text": [BODY]}, {"html": {BODY: 1}}, {"txet": BODY}, {"to": "nobody"}, {"headers": {"X-A": "not a body\n"}},
                      {"attachments": [{"filename": "a", "content": f"!{BODY}"}]}, {"attachments": [{"content": 1, "x": BODY}]},
                      {"raw": BODY}, {"metadata": {"a": ["not a body"]}}, {"text": BODY + "\ud800"}):
            base = {"from": "hello@sender.test", "to": "b@open.test"} if "raw" in wrong else self.message(0)
            # In ASCII: a lone surrogate has no UTF-8, but an escape.
            self.ask("POST", "/v1/messages", json.dumps(base | wrong).encode())
        self.ask("POST", "/v1/messages", f'{{"text":"{BODY}"'.encode())
        self.ask("POST", "/v1/messages", BODY.encode())
        self.ask("POST", "/v1/messages", BODY.encode(), {"Content-Type": "text/plain"})
        self.ask("POST", "/v1/messages", self.message(9), {"Idempotency-Key": "k0"})
        self.ask("POST", "/v1/api-keys", {"name": 1, "key": GUESS})
        self.ask("POST", "/v1/webhooks", {"url": "http://127.0.0.1:1/", "secret": GUESS, "headers": {"A:": HEADER_SECRET}})

    def settle(self):
        client = self.program.client(ROOT_KEY)
        until(lambda: not client.get("/v1/messages?status=queued&limit=1")["data"], 30, every=0.2)
        wanted = {e["id"] for e in client.pages("/v1/events")}
        until(lambda: not wanted - {p.id for p in list(self.receiver.posts)}, 30, every=0.2)


# MARK: Looking for them

def spoken(program):
    """Everything that the program has said, but for the start line's own."""
    return program.log.read_text(errors="replace") + program.output.read_text(errors="replace")


def forms(text):
    """As it is, and in base64 wherever it begins in a group of three bytes."""
    yield text.encode()
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + text.encode())[4 if shift else 0:-4]


def found(places, words):
    for place, content in places:
        for word in words:
            if any(form in content for form in forms(word)):
                yield f"{word[:14]}… in {place}: {context(content, word)}"


def context(content, word):
    at = content.find(word.encode())
    return content[max(0, at - 80):at + 80] if at >= 0 else b"(in base64)"


def bcc_on_the_wire(recorder):
    """A Bcc address may be said in RCPT TO, and nowhere in a message, its own copy included."""
    for line in list(recorder.commands):
        if b"canary-bcc" in line and not line.upper().startswith(b"RCPT TO:<CANARY-BCC"):
            yield f"command {line!r}"
    for transaction in list(recorder.transactions):
        for form in forms("canary-bcc"):
            if form in transaction.content:
                yield f"content for {transaction.recipients}: {context(transaction.content, 'canary-bcc')!r}"


def bcc_in_posts(posts):
    """An event tells its own recipient, and of no other."""
    for post in posts:
        event = post.event
        own = (event["data"].get("recipient") or {}).get("address", "")
        if "canary-bcc" in json.dumps(event).replace(own or "\0", ""):
            yield f"{event['type']} about {own}: {post.body[:300]!r}"


def look(aviary, checks):
    program, data = aviary.program, aviary.program.directory / "data"
    said = [("the log", spoken(program).encode())]
    errors = [("an error", body) for body in aviary.errors]
    checks.that("at debug level there is a log to look through", len(said[0][1]) > 2_000, f"{len(said[0][1])} bytes")
    checks.that("there are errors to look through", len(errors) > 20, f"{len(errors)} of them")
    checks.none("no key or secret in the log", found(said, aviary.secrets))
    checks.none("no key or secret in an error", found(errors, aviary.secrets))
    checks.none("no key or secret in a file", leaks(data, aviary.secrets))
    files = [(path.name, path.read_bytes()) for path in written(data)]
    checks.none("nor in base64 in one", found(files, [s for s in aviary.secrets if not s.startswith("whsec_")]))
    checks.none("no body in the log", found(said, [BODY]))
    checks.none("no body in an error", found(errors, [BODY]))
    checks.none("the files are their owner's alone", lax_modes(data))
    checks.none("a Bcc address is on no wire but in its own RCPT", bcc_on_the_wire(aviary.recorder))
    reached = {r.decode() for t in aviary.recorder.transactions for r in t.recipients if b"canary-bcc" in r}
    checks.equal("every Bcc recipient has had the message", reached, set(BCC))
    checks.none("an event tells no other recipient's address", bcc_in_posts(list(aviary.receiver.posts)))
    self_check = [("a log with all of it", (ROOT_KEY + BODY).encode()), ("in base64", base64.b64encode(b"x" + BODY.encode()))]
    checks.equal("the search finds what is there", len(list(found(self_check, [ROOT_KEY, BODY]))), 3)


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    arguments, checks = parser.parse_args(), Checks()
    with tempfile.TemporaryDirectory(prefix="postrider-canaries-") as directory:
        aviary = Aviary(Path(arguments.binary).resolve(), directory)
        with aviary.program as program:
            program.start()
            for step in (aviary.make_keys, aviary.make_webhooks, aviary.make_domain, aviary.send, aviary.blunder,
                         aviary.settle):
                step()
            checks.equal("SIGTERM ends it with 0", program.stop(), 0)
            program.start()  # it reads all of it again
            aviary.settle()
            look(aviary, checks)
            checks.equal("SIGTERM ends it with 0 again", program.stop(), 0)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
