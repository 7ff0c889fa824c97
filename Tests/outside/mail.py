"""mail.py - a thousand letters in every script, signed, through real peers; and what must not get through.

    mail.py [--binary PATH] [--count 1000] [--seed 3] [--only SECTION] [--keep]

Needs root (Postfix), Debian's python3 with python3-dkim, and what else `make test-mail` installs. Everything listens on
loopback only, has its files in one temporary directory and ends with the script. Bounded to about three minutes; it
takes less than two.
"""
import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import edges
import injection
import languages
import lifecycle
import secrets_at_rest
import smuggling
from checks import Checks
from corpus import Corpus, File, Letter
from nsd import NSD
from postfix import Postfix
from program import BINARY, ROOT_KEY, Answer, Program, free_port, unwind_on_sigterm, until
from reading import changed, misread
from receiver import Receiver
from recorder import ALL_FEATURES, Recorder
from sending import Owner
from signatures import Verifiers, flaws as flaws_of_signatures, signatures
from wire import flaws

SENDER, RELAYED, UNSIGNED, BOUNCES = lifecycle.SENDER, "relayed.test", "unsigned.test", "bounces.test"
SECONDS_AT_MOST = 175
SECONDS_TO_DELIVER = 60
SECONDS_TO_RELAY = 20
RELAY = ("127.0.0.1", "127.0.3.1")  # where Postfix listens, and where it relays to
HOSTS = {  # of the recorders: address, extensions
    "full": ("127.0.3.1", ALL_FEATURES),
    "plain": ("127.0.3.2", [f for f in ALL_FEATURES if f != "SMTPUTF8"]),
    "old": ("127.0.3.3", [f for f in ALL_FEATURES if f not in ("SMTPUTF8", "8BITMIME")]),
    "lax": ("127.0.3.4", ALL_FEATURES),
}
MAIL_DOMAINS = {  # whose mail goes where
    "full": ["rec.test", "rec2.test", "x.test", "victim.test", "attacker.test", "host.test", languages.THAI_A_LABEL],
    "plain": ["plain.test", languages.PLAIN_A_LABEL],
    "old": ["old.test"],
    "lax": ["lax.test"],
}


def zones():
    every = {"hosts.test": [f"{name} A {address}" for name, (address, _) in HOSTS.items()]}
    every |= {domain: [f"@ MX 10 {host}.hosts.test."] for host, domains in MAIL_DOMAINS.items() for domain in domains}
    return every | {domain: [] for domain in (SENDER, RELAYED, UNSIGNED, BOUNCES, lifecycle.CLI)}


class World:
    """The peers, and two services between them: one that delivers itself, one that gives all to Postfix."""

    def __init__(self, binary, work):
        smtp, relay, dns = free_port(), free_port(), free_port()
        for name in ("nsd", "postfix", "direct", "relayed", "verifiers"):
            (work / name).mkdir()
        self.nsd = NSD(work / "nsd", dns, zones(), ttl=0)
        self.postfix = Postfix(work / "postfix", [(RELAY[0], relay)], [], "nobody@refused.test",
                               next_hop=(RELAY[1], smtp))
        self.recorders = {name: Recorder(address, smtp, features, lax=name == "lax")
                          for name, (address, features) in HOSTS.items()}
        self.receiver = Receiver()
        self.verifiers = Verifiers(work / "verifiers", dns)
        settings = {"root_key": ROOT_KEY, "hostname": "mail.sender.test", "dns.servers": f"127.0.0.1:{dns}",
                    "delivery.port": smtp, "delivery.allow_networks": "127.0.0.0/8",
                    "webhooks.allow_networks": "127.0.0.0/8", "delivery.retry_schedule": "1s", "log.format": "json"}
        self.direct = Program(binary, work / "direct", settings)
        self.relayed = Program(binary, work / "relayed", settings | {
            "delivery.relay": f"{RELAY[0]}:{relay}", "bounce_domain": BOUNCES,
            "sending.require_verified_domain": "true"})
        self.owner, self.secret = Owner(self.direct, self.nsd), ""

    def start(self):
        self.nsd.start()
        self.direct.start()

    def stop(self):
        codes = [program.stop() for program in (self.direct, self.relayed) if program.process]
        self.postfix.stop()
        self.nsd.stop()
        return codes


def post(program, requests):
    """Posts (path, headers, body) from eight connections; the answers, in order."""
    def share(some):
        client = program.client()
        return [client.request("POST", path, body, headers) for path, headers, body in some]

    with ThreadPoolExecutor(8) as pool:
        shares = list(pool.map(share, (requests[k::8] for k in range(8))))
    return [shares[at % 8][at // 8] for at in range(len(requests))]


def settled(program):
    """Waits until no message is queued."""
    client = program.client()
    if not until(lambda: not client.get("/v1/messages?status=queued&limit=1")["data"], SECONDS_TO_DELIVER, every=0.1):
        raise AssertionError(f"still queued: {client.get('/v1/messages?status=queued&limit=3')['data']}")


def send(program, requests):
    """Posts and waits: pairs of the answer and, if it was 202, the message as the API has it afterwards."""
    answers = post(program, requests)
    settled(program)
    client = program.client()
    return [(a, client.get(f"/v1/messages/{a.json['id']}") if a.status == 202 else None) for a in answers]


def send_letters(program, letters):
    return send(program, [(letter.path, {"Content-Type": letter.content_type}, letter.body) for letter in letters])


def of_letters(title, letters, outcomes, recorder, checks):
    """What holds of letters, however they came. Returns what was recorded of them."""
    arrived = recorder.by_message_id()
    mine = [(letter, arrived.get(message["message_id"], []) if message else []) for letter, (_, message)
            in zip(letters, outcomes)]
    every = [(letter, transaction) for letter, transactions in mine for transaction in transactions]

    def each(judge):
        return (f"letter {letter.number}: {flaw}" for letter, t in every for flaw in judge(letter, t))

    def content(letter, transaction):
        return misread(letter, transaction.content) if letter.raw is None else changed(letter.raw, transaction)

    def named(letter, transaction):
        blind = [address for _, address in letter.addresses["bcc"]] + ["secret-bcc", "secret-return"]
        return (f"{word} is in the message" for word in blind if word.encode() in transaction.content)

    checks.none(f"{title}: every letter is accepted", (
        f"letter {letter.number} ({letter.content_type}): {answer.status} {answer.body[:600].decode(errors='replace')}"
        for letter, (answer, _) in zip(letters, outcomes) if answer.status != 202))
    checks.none(f"{title}: every recipient has it once", (
        f"letter {letter.number}: {sorted(got)}, not {sorted(a.encode() for a in letter.recipients)}"
        for letter, transactions in mine
        if sorted(got := [path for t in transactions for path in t.recipients])
        != sorted(a.encode() for a in letter.recipients)))
    checks.none(f"{title}: nothing is on the wire that may not be", each(
        lambda letter, transaction: flaws(transaction, is_composed=letter.raw is None)))
    checks.none(f"{title}: Python's email reads what was posted ({len(every)} copies)", each(content))
    checks.none(f"{title}: nobody is told of blind copies", each(named))
    return every


def of_signatures(title, contents, domain, verifiers, checks):
    checks.none(f"{title}: signatures are as they must be", (
        flaw for content in contents for flaw in flaws_of_signatures(content, domain)))
    found = sum(len(signatures(content)) for content in contents)
    checks.that(f"{title}: there are signatures", found)
    checks.none(f"{title}: dkimpy verifies all {found} signatures", verifiers.dkimpy(contents))
    checks.none(f"{title}: OpenDKIM verifies all {found} signatures", verifiers.opendkim(contents))


def domains(world, checks, _):
    endpoint = {"url": world.receiver.url, "types": ["domain.failing"]}
    world.secret = world.owner.client.request("POST", "/v1/webhooks", endpoint).expect(201)["secret"]
    lifecycle.first_steps(world.owner, checks)
    lifecycle.refusals(world.owner, checks)


def thousand(world, checks, arguments):
    letters = Corpus(arguments.seed, SENDER, MAIL_DOMAINS["full"][:2]).letters(arguments.count)
    outcomes = send_letters(world.direct, letters)
    every = of_letters("letters", letters, outcomes, world.recorders["full"], checks)
    contents = [transaction.content for _, transaction in every]
    of_signatures("letters", contents, SENDER, world.verifiers, checks)
    spoiled = [content[:-5] + b"!" + content[-4:] for content in contents[:1]]
    checks.that("both verifiers notice a changed byte", spoiled and all(
        any(verifier(spoiled)) for verifier in (world.verifiers.dkimpy, world.verifiers.opendkim)))


def smuggle(world, checks, _):
    checks.none("smuggling: the lax recorder falls for every sequence", smuggling.missed())
    table = list(smuggling.requests(SENDER))
    answers = [answer for answer, _ in send(world.direct, [(path, headers, body) for _, headers, path, body in table])]
    checks.none(f"smuggling: {len(table)} are accepted or refused", (
        f"{what}: {answer.status} {answer.body[:300]!r}" for (what, *_), answer in zip(table, answers)
        if answer.status not in (202, 422)))
    accepted = sum(1 for answer in answers if answer.status == 202)
    checks.that("smuggling: plain texts with such lines are accepted", accepted > 0)
    checks.none(f"smuggling: one MAIL for each of the {accepted}, nothing else",
                smuggling.seen(world.recorders["lax"], accepted))


def inject(world, checks, _):
    table = list(injection.attempts(SENDER))
    outcomes = send(world.direct, [
        (attempt.path, {"Content-Type": attempt.content_type}, attempt.request) for attempt in table])
    arrived = world.recorders["full"].by_message_id()
    accepted = [(attempt, message) for attempt, (_, message) in zip(table, outcomes) if message]
    checks.none(f"injection: {len(table) - len(accepted)} of {len(table)} are refused, by name", (
        flaw for attempt, (answer, _) in zip(table, outcomes) for flaw in injection.misjudged(attempt, answer)))
    checks.none(f"injection: nothing gets out of the {len(accepted)} that are accepted", (
        flaw for attempt, message in accepted
        for flaw in injection.escaped(attempt, arrived.get(message["message_id"], []))))
    checks.that("injection: where it does no harm it is accepted", len(accepted) >= 2 * len(injection.PAYLOADS) - 2)
    checks.equal("injection: nobody else has mail", [
        t.recipients for r in world.recorders.values() for t in r.transactions
        if injection.VICTIM.encode() in t.recipients], [])


def speak(world, checks, _):
    json = {"Content-Type": "application/json"}
    outcomes = send(world.direct, [("/v1/messages", json, case.request(SENDER)) for case in languages.CASES])
    for case, (answer, message) in zip(languages.CASES, outcomes):
        checks.none(f"address: {case.what}", languages.wrong(case, answer, message, world.recorders))
    checks.equal("address: nobody at attacker.test has mail", [
        t.recipients for t in world.recorders["full"].transactions
        if any(path.endswith(b"@attacker.test") for path in t.recipients)], [])
    letter = languages.thai_letter(SENDER)
    letter.body = Corpus(0, SENDER, []).json_body(letter)
    of_letters("Thai", [letter], send_letters(world.direct, [letter]), world.recorders["full"], checks)
    domain = world.owner.set_up(languages.THAI_DOMAIN)
    checks.equal("Thai: a sending domain is verified", domain["status"], "verified")
    request = {"from": f"ร้าน <hello@{languages.THAI_DOMAIN}>", "to": "thaisender@rec.test", "subject": "s", "text": "t"}
    ((_, message),) = send(world.direct, [("/v1/messages", json, request)])
    found = world.recorders["full"].by_message_id().get(message["message_id"], []) if message else []
    checks.none("Thai: what it sends is 7-bit", (flaw for transaction in found for flaw in flaws(transaction)))
    of_signatures("Thai sender", [t.content for t in found], languages.THAI_A_LABEL, world.verifiers, checks)


def at_the_edge(world, checks, _):
    json = {"Content-Type": "application/json"}
    outcomes = send(world.direct, [("/v1/messages", json, request) for request in edges.requests(SENDER)])
    count, full = len(edges.REFUSED), world.recorders["full"]
    refused, either = [answer for answer, _ in outcomes[:count]], outcomes[count:]
    checks.none(f"edges: {count} are refused by name", edges.not_refused(refused))
    checks.none("edges: the others are refused or go out right", edges.flawed(either, full))
    sent = [t.content for _, m in either if m for t in full.by_message_id().get(m["message_id"], [])]
    checks.none("edges: dkimpy verifies what is signed", world.verifiers.dkimpy(sent))
    checks.none("edges: OpenDKIM verifies what is signed", world.verifiers.opendkim(sent))
    message, file = edges.with_curl(world.direct, ROOT_KEY, SENDER, world.direct.directory)
    letter = Letter(0, dict.fromkeys(("cc", "bcc", "reply_to"), []) | {
        "from": [("Acme", f"hello@{SENDER}")], "to": [("", "curl@rec.test")]}, "สวัสดี", "from curl",
        files=[File(file.name, "application/pdf", file.read_bytes())])
    settled(world.direct)
    of_letters("curl -F", [letter], [(Answer(202, {}, b""), message)], full, checks)


def unsigned(world, checks, _):
    """A domain that is not registered."""
    request = {"from": f"a@{UNSIGNED}", "to": "unsigned@rec.test", "subject": "s", "text": "t"}
    ((answer, message),) = send(world.direct, [("/v1/messages", {}, request)])
    checks.that("without a key a message is accepted, with a warning", answer.expect(202)["warnings"])
    (found,) = world.recorders["full"].by_message_id()[message["message_id"]]
    checks.equal("it goes out unsigned", signatures(found.content), [])


def keys(world, checks, _):
    lifecycle.failing(world.owner, world.receiver, checks)
    host = world.recorders["plain"]
    host.is_deferring, attempted = True, len(host.commands)
    later = {"from": f"hello@{SENDER}", "to": "later@plain.test", "subject": "s", "text": "t"}
    message = world.direct.client().request("POST", "/v1/messages", later).expect(202)
    checks.that("a message is deferred", until(lambda: b"RCPT TO:<later@plain.test>" in host.commands[attempted:], 10))
    active = lifecycle.rotation(world.owner, checks)
    host.is_deferring = False
    settled(world.direct)
    (deferred,) = host.by_message_id().get(message["message_id"], [None])
    checks.equal("a message that waited over a rotation is signed anew", deferred and {
        s.get("s") for s in signatures(deferred.content)}, active)
    letters = Corpus(99, SENDER, ["rec.test"]).letters(20)
    every = of_letters("after rotation", letters, send_letters(world.direct, letters), world.recorders["full"], checks)
    contents = [transaction.content for _, transaction in every]
    of_signatures("after rotation", contents, SENDER, world.verifiers, checks)
    checks.equal("after rotation: the new keys sign", {s.get("s") for c in contents for s in signatures(c)}, active)


def relay(world, checks, _):
    """Postfix in between, a reverse-path for each recipient, and only verified domains."""
    world.postfix.start()
    world.relayed.start()
    client = world.relayed.client()
    refused = client.request("POST", "/v1/messages", {"from": f"a@{RELAYED}", "to": "b@rec.test", "text": "t"})
    checks.equal("a domain that is not verified may not send",
                 (refused.status, refused.json.get("code")), (403, "forbidden"))
    verified = Owner(world.relayed, world.nsd).set_up(RELAYED)
    checks.equal("with the bounce domain's records too it is verified", verified["status"], "verified")
    checks.equal("those are an MX and an SPF record", sorted(
        (r["type"], r["name"].rstrip(".")) for r in verified["records"] if r["purpose"] == "return_path"),
        [("MX", BOUNCES), ("TXT", BOUNCES)])
    letters = Corpus(7, RELAYED, MAIL_DOMAINS["full"][:2]).letters(120)
    outcomes, recorder = send_letters(world.relayed, letters), world.recorders["full"]
    expected = sum(len(letter.recipients) for letter in letters)

    def arrived():
        return [t for t in recorder.transactions if t.reverse_path.lower().endswith(f"@{BOUNCES}".encode())]

    until(lambda: sum(len(t.recipients) for t in arrived()) >= expected, SECONDS_TO_RELAY)
    relayed = arrived()
    checks.equal("through Postfix: every copy arrives", sum(len(t.recipients) for t in relayed), expected)
    checks.equal("each recipient has a reverse-path of its own", len({t.reverse_path for t in relayed}), expected)
    ids = {message["message_id"]: letter for letter, (_, message) in zip(letters, outcomes) if message}
    checks.none("through Postfix: Python's email reads what was posted", (
        f"letter {ids[t.message_id].number}: {flaw}" for t in relayed if ids[t.message_id].raw is None
        for flaw in misread(ids[t.message_id], t.content)))
    of_signatures("through Postfix", [t.content for t in relayed], RELAYED, world.verifiers, checks)


def last_things(world, checks, _):
    lifecycle.command_line(world.direct, world.owner, checks)
    data = world.direct.directory / "data"
    checks.none("no secret is in any file", secrets_at_rest.leaks(data, [world.secret, ROOT_KEY]))
    checks.none("files are their owner's", secrets_at_rest.lax_modes(data))
    lifecycle.silence(world.owner, checks)
    lifecycle.removal(world.owner, checks)


SECTIONS = {"domains": domains, "letters": thousand, "smuggling": smuggle, "injection": inject, "languages": speak,
            "edges": at_the_edge, "unsigned": unsigned, "keys": keys, "relay": relay, "last": last_things}


def examine(world, checks, arguments):
    """Section by section; one that breaks off is a failure and does not keep the others from running."""
    for name, section in SECTIONS.items():
        if arguments.only and name not in ("domains", *arguments.only):
            continue
        began = time.monotonic()
        try:
            section(world, checks, arguments)
        except Exception as error:  # whatever it is, the other sections have their say
            checks.none(f"{name} runs to its end", [f"{type(error).__name__}: {error}"])
        print(f"        {name}: {time.monotonic() - began:.1f} s", flush=True)


def main():
    unwind_on_sigterm()
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the time is up"))
    signal.alarm(SECONDS_AT_MOST)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--count", type=int, default=1000, help="letters to send")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--only", choices=SECTIONS, nargs="*", help="these sections, after the first")
    parser.add_argument("--keep", action="store_true", help="leave the temporary directory")
    arguments = parser.parse_args()
    if os.geteuid():
        raise SystemExit("Postfix needs root: run `sudo make test-mail`")
    work, checks = Path(tempfile.mkdtemp(prefix="postrider-mail-", dir="/tmp")), Checks()
    os.chmod(work, 0o755)
    world, codes, began = World(arguments.binary, work), None, time.monotonic()
    try:
        world.start()
        examine(world, checks, arguments)
    finally:
        codes = world.stop()
        if checks.failed or sys.exc_info()[0]:
            print(f"Postrider's last words:\n{world.direct.tail()}\n{world.relayed.tail()}", flush=True)
        if not arguments.keep:
            shutil.rmtree(work, ignore_errors=True)
    checks.equal("SIGTERM ends the program with 0", set(codes), {0})
    print(f"{time.monotonic() - began:.1f} s", flush=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
