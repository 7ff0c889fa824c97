"""webhooks.py - the package `standardwebhooks` verifies what Postrider posts, before, during and after a rotation.

    webhooks.py [--binary PATH]

The package comes from PyPI, into an environment of its own. Everything else is on loopback.
"""
import argparse
import sys
import time

from packages import need

need("standardwebhooks==1.1.0")

from standardwebhooks import Webhook, WebhookVerificationError  # noqa: E402

from checks import Checks  # noqa: E402
from program import BINARY, serving, until, unwind_on_sigterm  # noqa: E402
from receiver import Receiver  # noqa: E402

SECONDS = 20
GRACE = 3  # seconds


class Owner:
    """Who sends mail, and has one endpoint."""

    def __init__(self, program):
        self.client = program.client(key=None)
        self.receiver = Receiver()
        made = self.ask("POST", "/v1/webhooks", {"url": self.receiver.url, "headers": {"X-Key": "k"}}, 201)
        self.path, self.secret = f"/v1/webhooks/{made['id']}", made["secret"]

    def ask(self, method, path, body=None, status=200):
        return self.client.request(method, path, body).expect(status)

    def rotate(self, grace):
        """The new secret."""
        return self.ask("POST", f"{self.path}/rotate-secret", {"grace_seconds": grace})["secret"]

    def send(self, to="bob@example.net"):
        """Sends a message to the sandbox; its posts, when both of its events have come."""
        message = self.ask("POST", "/v1/messages", {"from": "hello@acme.example", "to": to, "subject": "Hi", "text": "Hi ✓"}, 202)

        def posts():
            found = [p for p in self.receiver.posts if p.event["data"].get("message_id") == message["id"]]
            return found if len(found) == 2 else None

        return until(posts, SECONDS) or []


def verdict(post, secret):
    """What the package says of a post: its event, or its complaint."""
    headers = {"webhook-id": post.id, "webhook-timestamp": post.timestamp, "webhook-signature": post.signature}
    try:
        return Webhook(secret).verify(post.body, headers)
    except WebhookVerificationError as error:
        return str(error)


def verified(posts, secret):
    return [verdict(post, secret) == post.event for post in posts]


def shape(owner, checks):
    posts = owner.send()
    checks.equal("both events are posted", sorted(p.event["type"] for p in posts), ["message.accepted", "message.delivered"])
    checks.equal("the package verifies them", verified(posts, owner.secret), [True, True])
    checks.equal("the id is the event's", [p.id for p in posts], [p.event["id"] for p in posts])
    checks.that("the time is now", all(abs(int(p.timestamp) - time.time()) < 60 for p in posts), posts)
    changed = [verdict(post.__class__(post.id, post.timestamp, post.signature, post.body + b" "), owner.secret) for post in posts]
    checks.equal("it would see a change", [isinstance(found, str) for found in changed], [True, True])


def rotation(owner, checks):
    old, new = owner.secret, owner.rotate(GRACE)
    end = time.monotonic() + GRACE
    posts = owner.send()
    # A receiver on a busy machine may have had to wait for longer than the grace.
    if time.monotonic() < end:
        checks.equal("during a rotation there are two signatures", [len(p.signature.split()) for p in posts], [2, 2])
        checks.equal("the old secret verifies", verified(posts, old), [True, True])
        checks.equal("the new secret verifies", verified(posts, new), [True, True])
    time.sleep(max(0, end - time.monotonic()))
    posts = owner.send()
    checks.equal("after it there is one", [len(p.signature.split()) for p in posts], [1, 1])
    checks.equal("which the new secret verifies", verified(posts, new), [True, True])
    checks.equal("and the old does not", verified(posts, old), [False, False])
    last = owner.rotate(0)
    posts = owner.send()
    checks.equal("without a grace the last secret is the only one", verified(posts, last) + verified(posts, new), [True, True, False, False])
    return last


def product(owner, secret, checks):
    """Test, deliveries, replay, pause: the same ids, the same signatures."""
    tested = owner.ask("POST", f"{owner.path}/test", {"type": "message.bounced"})
    checks.equal("a test tells the answer", (tested["status"], tested["response"]["status"]), ("succeeded", 204))
    post = next(p for p in owner.receiver.posts if p.id == tested["event_id"])
    checks.equal("a test may look like a bounce", post.event["type"], "message.bounced")
    checks.equal("the package verifies it", verified([post], secret), [True])
    deliveries = owner.ask("GET", f"{owner.path}/deliveries")["data"]
    checks.that("it is in the deliveries", tested["event_id"] in [d["event_id"] for d in deliveries], deliveries)

    before = {p.id: p.body for p in owner.receiver.posts if p.id != tested["event_id"]}
    owner.receiver.posts.clear()
    asked = owner.ask("POST", f"{owner.path}/replay", {"since": "2020-01-01T00:00:00Z"}, 202)
    checks.equal("a replay is of all events", asked["events"], len(before))
    until(lambda: len(owner.receiver.posts) >= len(before), SECONDS)
    checks.equal("they come with the same ids and bodies", {p.id: p.body for p in owner.receiver.posts}, before)
    checks.equal("and verify", set(verified(owner.receiver.posts, secret)), {True})

    owner.ask("POST", f"{owner.path}/pause")
    owner.receiver.posts.clear()
    owner.ask("POST", "/v1/messages", {"from": "hello@acme.example", "to": "eve@example.net", "subject": "Hi", "text": "Hi"}, 202)
    until(lambda: owner.ask("GET", owner.path)["health"]["pending"] == 2, SECONDS)
    checks.equal("a paused endpoint gets nothing", owner.receiver.posts, [])
    owner.ask("POST", f"{owner.path}/resume")
    until(lambda: len(owner.receiver.posts) == 2, SECONDS)
    checks.equal("and what it missed when it is resumed", verified(owner.receiver.posts, secret), [True, True])


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    arguments, checks = parser.parse_args(), Checks()
    with serving(arguments.binary, "webhooks", checks, {"log.level": "debug"}) as program:
        owner = Owner(program)
        secrets = [owner.secret]
        shape(owner, checks)
        secrets.append(rotation(owner, checks))
        product(owner, secrets[-1], checks)
        said = program.output.read_text() + program.log.read_text()
        checks.equal("no secret is in the log", [s for s in secrets if s in said], [])
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
