"""kill.py - kill -9 at random moments under load: nothing that was answered 202 may be lost, nothing sent without need.

    kill.py [--binary PATH] [--kills 30] [--clients 8] [--rate 150] [--seed N]

Clients post without pause and ask again with the same Idempotency-Key when a kill took the answer. A mail server of
ours takes the mail, says 451 now and then and is sometimes slow to answer the final dot. Loopback only; one temporary
directory; bounded to about four minutes.
"""
import argparse
import http.client
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from checks import Checks
from nameserver import NameServer
from program import BINARY, ROOT_KEY, Program, until, unwind_on_sigterm
from receiver import Receiver
from sink import Sink

DOMAINS = [f"k{n}.test" for n in range(8)]
MAX_SESSIONS = 16
SECONDS_TO_RUN_OUT = 100
EVENTS_OF_SUCCESS = ("message.accepted", "message.delivered")
TRY_AGAIN = {409: "idempotency_in_progress", 503: "unavailable", 507: "storage_full"}


class Sender(threading.Thread):
    """One client: posts under keys of its own until told to stop, and leaves no request without an answer."""

    def __init__(self, program, number, seed, pause, stopping):
        super().__init__(daemon=True)
        self.client, self.number, self.pause, self.stopping = program.client(), number, pause, stopping
        self.random = random.Random(f"{seed}/{number}")
        self.accepted = {}  # idempotency key: the message of its first 202
        self.sent = {}  # idempotency key: the request
        self.repeated = 0
        self.problems = []

    def run(self):
        while not self.stopping.is_set():
            key = f"client-{self.number}-{len(self.sent)}"
            self.sent[key] = self.request(key)
            message = self.answered(key)
            if message:
                self.accepted[key] = message
                if self.random.random() < 0.05:
                    self.repeat(key)
            time.sleep(self.random.uniform(0, 2 * self.pause))

    def request(self, key):
        count = 1 if self.random.random() < 0.8 else self.random.randint(2, 4)
        to = [f"user{n}@{domain}" for n, domain in enumerate(self.random.choices(DOMAINS, k=count))]
        text = f"This is {key}.\n.\n" + "kill -9 \n" * self.random.randint(0, 300)
        return {"from": "hello@sender.test", "to": to, "subject": key, "text": text, "external_id": key}

    def answered(self, key):
        """Asks until there is an answer; the message, or None if it was not a 202."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = self.client.request("POST", "/v1/messages", self.sent[key], {"Idempotency-Key": key})
            except (OSError, http.client.HTTPException):
                self.repeated += 1
                time.sleep(0.02)
                continue
            if answer.status == 202:
                return answer.json
            if answer.status not in TRY_AGAIN or answer.json["code"] != TRY_AGAIN[answer.status]:
                self.problems.append(f"{key}: {answer.status} {answer.body[:300]!r}")
                return None
            time.sleep(0.05)
        self.problems.append(f"{key}: no answer within 60 s")
        return None

    def repeat(self, key):
        """The same key and request again: the same message, said to be a replay."""
        again = self.answered(key)
        if again and again["id"] != self.accepted[key]["id"]:
            self.problems.append(f"{key}: {self.accepted[key]['id']} at first, {again['id']} on the repetition")


class KillTest:
    """The program, its peers, and what was promised."""

    def __init__(self, arguments, work):
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.sink, self.receiver = Sink(arguments.seed), Receiver()
        self.program = Program(arguments.binary, work, {
            "root_key": ROOT_KEY, "hostname": "mail.sender.test", "log.level": "warning",
            "dns.servers": f"127.0.0.1:{NameServer().port}", "delivery.port": self.sink.port,
            "delivery.allow_networks": "127.0.0.0/8", "webhooks.allow_networks": "127.0.0.0/8",
            "delivery.retry_schedule": "1s",
            "delivery.max_sessions": MAX_SESSIONS, "delivery.max_sessions_per_host": MAX_SESSIONS})
        self.stopping = threading.Event()
        pause = arguments.clients / arguments.rate
        self.senders = [Sender(self.program, n, arguments.seed, pause, self.stopping) for n in range(arguments.clients)]
        self.open_at_kill = []
        self.sent, self.accepted = {}, {}

    def run(self):
        self.program.start()
        endpoint = {"url": self.receiver.url, "types": list(EVENTS_OF_SUCCESS)}
        self.program.client().request("POST", "/v1/webhooks", endpoint).expect(201)
        for sender in self.senders:
            sender.start()
        for _ in range(self.arguments.kills):
            self.kill_once()
        self.stopping.set()
        for sender in self.senders:
            sender.join(70)
            self.sent |= sender.sent
            self.accepted |= sender.accepted
        self.run_out()

    def kill_once(self):
        """Kills at a random moment, and one time in five kills the next start too before it is up."""
        time.sleep(self.random.uniform(0.3, 2))
        self.strike()
        if self.random.random() < 0.2:
            self.program.spawn()
            time.sleep(self.random.uniform(0, 0.15))
            self.strike()
        self.program.start()

    def strike(self):
        if self.program.process.poll() is not None:
            raise SystemExit(f"the program ended by itself: {self.program.process.returncode}\n{self.program.tail()}")
        self.open_at_kill.append(self.sink.open_transactions)
        self.program.kill()
        self.sink.generation += 1

    def run_out(self):
        """Waits until nothing is queued and every event has been posted."""
        client, deadline = self.program.client(), time.monotonic() + SECONDS_TO_RUN_OUT
        until(lambda: not client.get("/v1/messages?status=queued&limit=1")["data"], SECONDS_TO_RUN_OUT, every=0.2)
        events = [e["id"] for e in client.pages("/v1/events")]
        until(lambda: not (set(events) - {p.id for p in list(self.receiver.posts)}), deadline - time.monotonic(), 0.2)


def by_key_and_recipient(test):
    """The sink's copies of each message for each recipient, life by life: a slow one may be taken after its sender's death
    and the next one's delivery."""
    copies = defaultdict(list)
    for copy in sorted(test.sink.copies, key=lambda copy: copy.generation):
        for recipient in copy.recipients:
            copies[copy.subject, recipient].append(copy)
    return copies


def unkept_promises(test, stored):
    """Every 202 is in the store, once, as it was answered, and all its recipients are delivered."""
    for key, message in test.accepted.items():
        found = stored.get(key, [])
        if [m["id"] for m in found] != [message["id"]]:
            yield f"{key}: answered {message['id']}, stored {[m['id'] for m in found]}"
        elif found[0]["status"] != "delivered":
            yield f"{key}: {found[0]['status']}, {[(r['address'], r['status']) for r in found[0]['recipients']]}"


def lost(test, copies):
    """Every recipient of every 202 is at the sink."""
    for key in test.accepted:
        for address in test.sent[key]["to"]:
            if (key, address) not in copies:
                yield f"{key}: nothing arrived for {address}"


def uncalled_for(test, copies):
    """Whatever arrived was asked for and answered."""
    for key, to in copies:
        if key not in test.accepted or to not in test.sent[key]["to"]:
            yield f"{key}: arrived for {to}"


def differing(copies):
    """A duplicate has the bytes and the Message-ID of the first."""
    for (key, to), those in copies.items():
        if len({(c.message_id, c.digest) for c in those}) > 1:
            yield f"{key} for {to}: {[(c.message_id, c.digest.hex()[:12]) for c in those]}"


def foreign_message_ids(test, copies):
    """One message per key: the Message-ID at the sink is the one that was answered."""
    for (key, to), those in copies.items():
        if key in test.accepted and those[0].message_id != test.accepted[key]["message_id"]:
            yield f"{key} for {to}: {those[0].message_id}, not {test.accepted[key]['message_id']}"


def needless(copies):
    """Two copies from one life of the program: no kill excuses them."""
    for (key, to), those in copies.items():
        for generation, count in Counter(c.generation for c in those).items():
            if count > 1:
                yield f"{key} for {to}: {count} copies within life {generation}"


def done_again(copies):
    """The transactions that were done again later, by the session that had done them before."""
    again = defaultdict(set)
    for (key, _), those in copies.items():
        for copy in those[:-1]:
            again[copy.generation, copy.session].add((key, copy.recipients))
    return again


def by_life(again):
    """How many transactions of each life of the program were done again after it."""
    counts = Counter()
    for (life, _), transactions in again.items():
        counts[life] += len(transactions)
    return counts


def doubtful(test, again):
    """More than one transaction of a session done again: one of them had been answered and its result forgotten."""
    for (life, session), those in again.items():
        if len(those) > 1:
            course = [(c.subject, c.recipients) for c in test.sink.copies if c.session == session]
            places = [f"{key} for {to} as number {course.index((key, to)) + 1}" for key, to in sorted(those)]
            copies = [(c.subject, c.generation, c.session) for c in test.sink.copies if c.subject in dict(those)]
            yield f"session {session} of life {life}: {places} of {len(course)}; copies (key, life, session): {copies}"


def unposted(test, log):
    """Each recipient's acceptance and delivery are in the log once, and posted."""
    posted = {post.id for post in test.receiver.posts}
    logged = Counter((e["data"]["recipient"]["id"], e["type"]) for e in log)
    for message in test.accepted.values():
        for recipient in message["recipients"]:
            for kind in EVENTS_OF_SUCCESS:
                if logged[recipient["id"], kind] != 1:
                    yield f"{recipient['id']}: {logged[recipient['id'], kind]} {kind} in the log"
    yield from (f"{e['id']} ({e['type']}) was never posted" for e in log if e["id"] not in posted)


def unstable(test):
    """A second post of an event has the first one's id and body."""
    bodies, ids = defaultdict(set), defaultdict(set)
    for post in test.receiver.posts:
        told = post.event
        bodies[post.id].add(post.body)
        ids[told["data"]["recipient"]["id"], told["type"]].add(post.id)
    yield from (f"{id}: {len(those)} different bodies" for id, those in bodies.items() if len(those) > 1)
    yield from (f"{what}: {those}" for what, those in ids.items() if len(those) > 1)


def forgotten_keys(test):
    """A key that was answered before a kill still names its message."""
    client, keys = test.program.client(), sorted(test.accepted)
    for key in test.random.sample(keys, min(200, len(keys))):
        answer = client.request("POST", "/v1/messages", test.sent[key], {"Idempotency-Key": key})
        if answer.status != 202 or answer.json["id"] != test.accepted[key]["id"]:
            yield f"{key}: {answer.status} {answer.body[:200]!r}"
        elif answer.headers["Idempotent-Replayed"] != "true":
            yield f"{key}: no Idempotent-Replayed"


def figures(test, copies, again, log):
    """What it was like, for whoever reads along."""
    print(f"{len(test.open_at_kill)} kills; {len(test.accepted)} messages answered 202 for {len(copies)} recipients, "
          f"{sum(s.repeated for s in test.senders)} requests repeated; "
          f"{again.total()} transactions done again, {max(again.values(), default=0)} at most after one kill "
          f"({sum(test.open_at_kill)} had no answer yet at the kills, {max(test.open_at_kill)} at most); "
          f"{len(test.receiver.posts)} posts for {len(log)} events", flush=True)


def examine(test, checks):
    client = test.program.client()
    checks.none("a key that was answered before a kill still gets that answer", forgotten_keys(test))
    stored, log, copies = defaultdict(list), list(client.pages("/v1/events")), by_key_and_recipient(test)
    for message in client.pages("/v1/messages"):
        stored[message["external_id"]].append(message)
    again = done_again(copies)
    figures(test, copies, by_life(again), log)
    checks.that(f"at least {test.arguments.kills} kills", len(test.open_at_kill) >= test.arguments.kills)
    checks.that("there was load", len(test.accepted) > 10 * test.arguments.kills, f"{len(test.accepted)} messages only")
    checks.none("every request got an answer that it should get", (p for s in test.senders for p in s.problems))
    checks.none("every 202 is one stored message, and delivered", unkept_promises(test, stored))
    checks.equal("nothing is stored that was not answered", sorted(set(stored) - set(test.accepted)), [])
    checks.none("every recipient of every 202 is at the mail server", lost(test, copies))
    checks.none("nothing arrived that was not asked for", uncalled_for(test, copies))
    checks.none("one message per idempotency key", foreign_message_ids(test, copies))
    checks.none("a duplicate has the same bytes and Message-ID", differing(copies))
    checks.none("nothing was sent twice without a kill between", needless(copies))
    checks.none("of each session that a kill ended, at most one transaction was done again", doubtful(test, again))
    checks.none(f"at most as many transactions as sessions ({MAX_SESSIONS}) were done again after a kill",
                (f"{count} after life {life}" for life, count in by_life(again).items() if count > MAX_SESSIONS))
    checks.none("every event was posted", unposted(test, log))
    checks.none("an event keeps its id and body over restarts", unstable(test))


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rate", type=float, default=150, help="messages per second, all clients together")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of every random choice here")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    work, checks = Path(tempfile.mkdtemp(prefix="postrider-kill-", dir="/tmp")), Checks()
    test = KillTest(arguments, work)
    try:
        with test.program as program:
            test.run()
            examine(test, checks)
            checks.equal("SIGTERM ends the program with 0", program.stop(), 0)
    finally:
        if checks.failed or sys.exc_info()[0]:
            print(f"Postrider's last words:\n{test.program.tail()}", flush=True)
        shutil.rmtree(work, ignore_errors=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
