"""interop.py - 500 messages over 20 domains through real peers: NSD has the zones, Postfix receives over STARTTLS.

    interop.py [--binary PATH] [--count 500] [--keep]

Needs root (Postfix) and the packages that `make test-interop` installs. Everything listens on loopback only, has its
files in one temporary directory and ends with the script. Bounded to about four minutes.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path

from checks import Checks
from letters import letter
from nsd import NSD
from postfix import Postfix
from program import BINARY, ROOT_KEY, Program, free_port, until, unwind_on_sigterm
from receiver import Receiver

DOMAINS = [f"d{n:02}.test" for n in range(1, 21)]
SHARED_HOST, DEAD_FIRST, TWO_HOSTS = DOMAINS[8:14], DOMAINS[14:16], DOMAINS[16:18]
IMPLICIT, ALIAS = DOMAINS[18], DOMAINS[19]
REFUSED = f"refused@{DOMAINS[0]}"
FAILURES = {"user@null.test": "null_mx", "user@gone.hub.test": "no_such_domain"}
HUB = "127.0.0.1"
ADDRESSES = {domain: f"127.0.1.{n}" for n, domain in enumerate(DOMAINS, 1)}
DEAD = {domain: f"127.0.2.{n}" for n, domain in enumerate(DEAD_FIRST, 1)}  # nobody listens there
SECONDS_TO_DELIVER = 120
SECONDS_TO_POST = 45


def zones():
    """A zone for each domain: a host of its own, a shared one, a dead one before it, two equal ones, none, an alias."""
    def hosts(domain, *names):
        return [f"{name} A {ADDRESSES[domain]}" for name in names]

    every = {name: ["@ MX 10 mx", *hosts(name, "mx")] for name in DOMAINS}
    every |= {name: ["@ MX 10 mx.hub.test."] for name in SHARED_HOST}
    every |= {name: ["@ MX 10 dead", "@ MX 20 mx", f"dead A {DEAD[name]}", *hosts(name, "mx")] for name in DEAD_FIRST}
    every |= {name: ["@ MX 10 mx-a", "@ MX 10 mx-b", *hosts(name, "mx-a", "mx-b")] for name in TWO_HOSTS}
    every[IMPLICIT] = hosts(IMPLICIT, "@")
    del every[ALIAS]
    every["test"] = [f"{ALIAS}. CNAME real.hub.test."] + [f"{name}. NS ns.hub.test." for name in every]
    every["hub.test"] = [f"ns A {HUB}", f"mx A {HUB}", "real MX 10 mx"]
    every["null.test"] = ["@ MX 0 ."]
    return every


class Interop:
    """The peers, the program between them, and what was asked and found."""

    def __init__(self, binary, count, work):
        self.count = count
        ports = {name: free_port() for name in ("dns", "smtp")}
        for name in ("postfix", "nsd", "postrider"):
            (work / name).mkdir()
        self.postfix = Postfix(
            work / "postfix", [(ip, ports["smtp"]) for ip in (HUB, *ADDRESSES.values())], DOMAINS, REFUSED)
        self.nsd = NSD(work / "nsd", ports["dns"], zones())
        self.receiver = Receiver()
        self.program = Program(binary, work / "postrider", {
            "root_key": ROOT_KEY, "hostname": "mail.sender.test",
            "dns.servers": f"127.0.0.1:{ports['dns']}", "delivery.port": ports["smtp"],
            "delivery.allow_networks": "127.0.0.0/8", "webhooks.allow_networks": "127.0.0.0/8",
            "delivery.retry_schedule": "2s", "log.format": "json"})
        self.requests, self.messages, self.secret = {}, {}, ""

    def start(self):
        self.nsd.start()
        self.postfix.start()
        self.program.start()
        endpoint = {"url": self.receiver.url, "types": ["message.accepted", "message.delivered", "message.bounced",
                                                        "message.failed"]}
        self.secret = self.program.client().request("POST", "/v1/webhooks", endpoint).expect(201)["secret"]

    def stop(self):
        exit_code = self.program.stop() if self.program.process else None
        self.postfix.stop()
        self.nsd.stop()
        return exit_code

    def send(self):
        """Posts the letters and those that must fail, from eight connections."""
        letters = [letter(n, DOMAINS) for n in range(self.count)]
        hopeless = [dict(letter(0, DOMAINS), to=to) for to in (*FAILURES, REFUSED)]
        mixed = dict(letter(0, DOMAINS), to=[f"mixed@{DOMAINS[1]}", *FAILURES])
        everything = letters + hopeless + [mixed]
        with ThreadPoolExecutor(8) as pool:
            shares = pool.map(self._post, (everything[k::8] for k in range(8)))
            for request, message in (pair for share in shares for pair in share):
                self.requests[message["id"]], self.messages[message["id"]] = request, message

    def _post(self, requests):
        client = self.program.client()
        return [(request, client.request("POST", "/v1/messages", request).expect(202)) for request in requests]

    def await_outcomes(self):
        """Polls until no message is queued, then until Postfix and the receiver have theirs."""
        client, waiting = self.program.client(), set(self.messages)

        def poll():
            for message in list(waiting):
                self.messages[message] = client.get(f"/v1/messages/{message}")
                if self.messages[message]["status"] != "queued":
                    waiting.discard(message)
            return not waiting

        until(poll, SECONDS_TO_DELIVER)
        until(lambda: self.postfix.filed() >= len(self.accepted()), 20)
        until(lambda: len(self.receiver.posts) >= 2 * len(self.recipients()), SECONDS_TO_POST)

    def recipients(self):
        return [(message, r) for message in self.messages.values() for r in message["recipients"]]

    def accepted(self):
        """Those that Postfix has to have: each once."""
        return [(m, r) for m, r in self.recipients() if r["address"] not in (*FAILURES, REFUSED)]


def statuses(run):
    """Every recipient's state is the one that its address calls for."""
    for message, recipient in run.recipients():
        address, status = recipient["address"], recipient["status"]
        where = f"{message['id']} {address}"
        if address in FAILURES:
            reason = (recipient["failure"] or {}).get("reason")
            if (status, reason) != ("failed", FAILURES[address]):
                yield f"{where}: {status}, reason {reason}, not {FAILURES[address]}"
        elif address == REFUSED:
            bounce = recipient["bounce"] or {}
            if (status, bounce.get("smtp_code"), bounce.get("enhanced_code")) != ("bounced", 550, "5.1.1"):
                yield f"{where}: {status} {bounce}"
        elif status != "delivered" or not recipient["delivered_at"]:
            yield f"{where}: {status} {recipient['failure'] or recipient['bounce'] or ''}"


def message_statuses(run):
    """The message's state follows from its recipients'."""
    for message in run.messages.values():
        states = {r["status"] for r in message["recipients"]}
        expected = "delivered" if states == {"delivered"} else \
            "partially_delivered" if "delivered" in states else "undelivered"
        if message["status"] != expected:
            yield f"{message['id']}: {message['status']}, not {expected}"


def arrivals(run, mails):
    """Each accepted recipient has its message once, and nobody has another."""
    expected = Counter((m["message_id"], r["address"]) for m, r in run.accepted())
    found = Counter((mail.message_id, mail.delivered_to) for mail in mails)
    for key in expected | found:
        if expected[key] != found[key]:
            yield f"{key}: expected {expected[key]}, filed {found[key]}"


def contents(run, mails):
    """What Postfix filed is what the API calls the message's raw content, byte for byte."""
    client = run.program.client()
    ids = {m["message_id"]: id for id, m in run.messages.items()}
    raw = {}
    for mail in mails:
        id = ids.get(mail.message_id)
        if id not in raw:
            raw[id] = client.request("GET", f"/v1/messages/{id}/raw").body
        if raw[id] != mail.content:
            at = next((i for i, (a, b) in enumerate(zip(raw[id], mail.content)) if a != b), "the end of one")
            yield f"{id} {mail.delivered_to}: {len(raw[id])} bytes sent, {len(mail.content)} filed, differ at {at}"


def plain(text):
    """Line ends as JSON has them, and no matter whether the last line has one."""
    return text.replace("\r\n", "\n").removesuffix("\n")


def misread(run, mails):
    """A reader of mail that is not ours (Python's) finds the subject, the bodies and the addresses that were posted."""
    requests = {message["message_id"]: run.requests[id] for id, message in run.messages.items()}
    for mail in mails:
        if mail.message_id not in requests:
            continue  # `arrivals` has said so
        request, read = requests[mail.message_id], message_from_bytes(mail.content, policy=policy.default)
        if read["Subject"] != request["subject"]:
            yield f"{mail.delivered_to}: subject {read['Subject']!r}, not {request['subject']!r}"
        for member, kind in (("text", "plain"), ("html", "html")):
            part = read.get_body((kind,))
            found = plain(part.get_content()) if part else None
            posted = plain(request[member]) if member in request else None
            if found != posted:
                yield f"{mail.delivered_to}: {member} is read as {found!r:.200}, not {posted!r:.200}"
        if any(address.encode() in mail.content for address in request.get("bcc", [])):
            yield f"{mail.delivered_to}: a bcc recipient is named in the message"


def clear_text(mails):
    """Postfix says in its Received field how each message came."""
    in_tls = b"(using TLSv1.3 with cipher"
    return (f"{m.delivered_to}: {m.prepended[:300]!r}" for m in mails if in_tls not in m.prepended)


def attempts(run, made, mails):
    """An attempt for every accepted recipient tells host, address, TLS, reply and dialogue."""
    queue_ids = {(m.message_id, m.delivered_to): m.queue_id for m in mails}
    for message, recipient in run.accepted():
        address = recipient["address"]
        queue_id = queue_ids.get((message["message_id"], address), "?")
        mine = [a for a in made[message["id"]] if recipient["id"] in (r["id"] for r in a["recipients"])]
        for flaw in flaws(mine, address, queue_id):
            yield f"{message['id']} {address}: {flaw}"


def flaws(mine, address, queue_id):
    """What the attempts for one delivered recipient say wrongly."""
    attempt = next((a for a in mine if (a["reply"] or "").startswith("250")), None)
    if not attempt:
        return [f"no attempt with a 250, only {[a['reply'] for a in mine]}"]
    dialogue = ["MAIL FROM:", f"RCPT TO:<{address}>", "DATA", "354 ", queue_id]
    transcript = attempt["transcript"]
    found = [f"transcript lacks {part!r}:\n{transcript}" for part in dialogue if part not in transcript]
    if not (attempt["tls"] or "").startswith("TLSv1.3 "):
        found.append(f"tls {attempt['tls']!r}")
    if attempt["ip"] != ip(address):
        found.append(f"ip {attempt['ip']!r}, not {ip(address)}")
    if attempt["host"] not in hosts(address):
        found.append(f"host {attempt['host']!r}, not {hosts(address)}")
    if queue_id not in attempt["reply"]:
        found.append(f"reply {attempt['reply']!r} lacks Postfix's queue id {queue_id}")
    return found


def openings(made):
    """A session is used for many messages: for each domain one transcript at least shows how it was opened."""
    transcripts = defaultdict(list)
    for attempt in (a for those in made.values() for a in those):
        transcripts[attempt["host"]].append(attempt["transcript"])
    for domain in DOMAINS:
        wanted = ["220 ", "EHLO mail.sender.test", "STARTTLS"]
        seen = [text for host in hosts(domain) for text in transcripts[host]]
        if not any(all(part in text for part in wanted) for text in seen):
            yield f"{domain}: none of {len(seen)} transcripts has all of {wanted}"


def ways_round(made):
    """Where the best host is dead, an attempt shows that it was asked first, and then the next one, which took it."""
    attempts = [attempt for those in made.values() for attempt in those]
    for domain, dead in DEAD.items():
        mine = [a for a in attempts if a["host"] in hosts(domain) and dead in a["transcript"]]
        if not mine:
            yield f"{domain}: no transcript names {dead}"
        for attempt in mine:
            before, _, after = attempt["transcript"].partition("MAIL FROM:")
            if dead not in before or "250 2.0.0" not in after or not attempt["reply"].startswith("250"):
                yield f"{attempt['id']}: {attempt['reply']!r}\n{attempt['transcript']}"


def hosts(address):
    """The MX hosts that can take mail for an address (or just a domain) of the zones above."""
    domain = address.rpartition("@")[2]
    if is_at_hub(domain):
        return ["mx.hub.test"]
    if domain in TWO_HOSTS:
        return [f"mx-a.{domain}", f"mx-b.{domain}"]
    return [domain] if domain == IMPLICIT else [f"mx.{domain}"]


def ip(address):
    """Where those hosts listen."""
    domain = address.rpartition("@")[2]
    return HUB if is_at_hub(domain) else ADDRESSES[domain]


def is_at_hub(domain):
    return domain in SHARED_HOST or domain == ALIAS


def posts(run):
    """For every recipient one `accepted` and one event that says how it ended, each posted once."""
    expected = Counter()
    for _, recipient in run.recipients():
        expected[recipient["id"], "message.accepted"] += 1
        expected[recipient["id"], f"message.{recipient['status']}"] += 1
    found = Counter((e["data"]["recipient"]["id"], e["type"]) for e in (p.event for p in run.receiver.posts))
    for key in expected | found:
        if expected[key] != found[key]:
            yield f"{key}: expected {expected[key]}, posted {found[key]}"


def signatures(run):
    """Standard Webhooks headers: the event's id, a time of now, a signature of exactly this body."""
    for post in run.receiver.posts:
        if not post.is_signed_with(run.secret):
            yield f"{post.id}: signature {post.signature!r} is wrong"
        if post.id != post.event["id"] or not post.id.startswith("evt_"):
            yield f"webhook-id {post.id!r}, event id {post.event['id']!r}"
        if not post.timestamp.isdigit() or abs(int(post.timestamp) - time.time()) > 600:
            yield f"{post.id}: webhook-timestamp {post.timestamp!r}"


def event_data(run):
    """An event repeats what its message was given, and the attempt that caused it."""
    for event in (post.event for post in run.receiver.posts):
        told = event["data"]
        request = run.requests.get(told["message_id"])
        if request is None:
            yield f"{event['id']}: unknown message {told['message_id']}"
            continue
        for member in ("external_id", "tags", "metadata", "subject"):
            if told[member] != request[member]:
                yield f"{event['id']}: {member} {told[member]!r}, not {request[member]!r}"
        if event["type"] == "message.delivered" and not told["attempt"]["id"].startswith("att_"):
            yield f"{event['id']}: attempt {told['attempt']}"


def examine(run, checks):
    mails, client = run.postfix.mails(), run.program.client()
    made = {id: client.get(f"/v1/messages/{id}/attempts")["data"] for id in run.messages}
    checks.equal("messages accepted", len(run.messages), run.count + len(FAILURES) + 2)
    checks.none("every recipient has the status its address calls for", statuses(run))
    checks.none("every message has the status its recipients give it", message_statuses(run))
    checks.none(f"every accepted recipient got its message once ({len(mails)} filed)", arrivals(run, mails))
    checks.none("every message arrived byte for byte", contents(run, mails))
    checks.none("another reader of mail finds subject and bodies as posted", misread(run, mails))
    checks.none("every message came over TLS 1.3", clear_text(mails))
    checks.none("every delivery has its attempt: host, ip, tls, reply, transcript", attempts(run, made, mails))
    checks.none("every domain has a transcript that shows a session being opened", openings(made))
    checks.none("a dead host is asked first, and the next one in the same attempt", ways_round(made))
    checks.none(f"every event was posted once ({len(run.receiver.posts)} posts)", posts(run))
    checks.none("every post is signed", signatures(run))
    checks.none("every event says what its message said", event_data(run))


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--count", type=int, default=500, help="letters to send")
    parser.add_argument("--keep", action="store_true", help="leave the temporary directory")
    arguments = parser.parse_args()
    if os.geteuid():
        raise SystemExit("Postfix needs root: run `sudo make test-interop`")
    work, checks = Path(tempfile.mkdtemp(prefix="postrider-interop-", dir="/tmp")), Checks()
    os.chmod(work, 0o755)
    run, began = Interop(arguments.binary, arguments.count, work), time.monotonic()
    try:
        run.start()
        run.send()
        run.await_outcomes()
        print(f"{len(run.recipients())} recipients in {time.monotonic() - began:.1f} s", flush=True)
        examine(run, checks)
    finally:
        exit_code = run.stop()
        if checks.failed or sys.exc_info()[0]:
            print(f"Postrider's last words:\n{run.program.tail()}\nPostfix's:\n{run.postfix.log()}", flush=True)
        if not arguments.keep:
            shutil.rmtree(work, ignore_errors=True)
    checks.equal("SIGTERM ends the program with 0", exit_code, 0)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
