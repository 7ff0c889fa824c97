"""injection.py - every string field of a message with every way to begin a header line of one's own in it."""
import base64
import copy
import re
from dataclasses import dataclass
from email.header import decode_header
from itertools import count
from urllib.parse import quote

from wire import ENCODED_WORD, fields, flaws

VICTIM = "v@x.test"
PAYLOADS = {
    "CRLF": f"\r\nBcc: {VICTIM}",
    "LF": f"\nBcc: {VICTIM}",
    "CR": f"\rBcc: {VICTIM}",
    "NUL": f"\0Bcc: {VICTIM}",
    "NEL": f"\u0085Bcc: {VICTIM}",
    "LS": f"\u2028Bcc: {VICTIM}",
    "encoded word": f"=?utf-8?q?=0D=0ABcc:_{VICTIM}?=",
}
FIELD_NAMES = {b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
               b"content-transfer-encoding", b"x-first", b"list-unsubscribe",
               b"list-unsubscribe-post", b"dkim-signature"}


# Where a payload goes: at the end of the member at this path; with `+`, at the end of its name.
PLACES = (
    "from/email", "from/name", "to/0/email", "to/0/name", "cc/0/email", "cc/0/name", "bcc/0/email", "bcc/0/name",
    "reply_to/0/email", "reply_to/0/name", "subject", "text", "html", "headers/X-First", "headers/X-First+",
    "headers/List-Unsubscribe", "attachments/0/filename", "attachments/0/content_type", "attachments/0/content",
    "attachments/1/content_id", "attachments/1/filename", "tags/kind", "tags/kind+", "metadata/user", "metadata/user+",
    "external_id", "return_path", "expires_after", "tls")
STRINGS = ("Bob{0} <{1}>", '"Bob{0}" <{1}>', "Bob <{1}{0}>", "{1}{0}", "{0}{1}")  # an address, with the payload {0}


def request(domain, number):
    """A request with every member, at which the table puts its payloads."""
    return {
        "from": {"email": f"hello@{domain}", "name": "Acme"}, "to": [{"email": f"to{number}@rec.test", "name": "Bob"}],
        "cc": [{"email": f"cc{number}@rec.test", "name": "Carol"}],
        "bcc": [{"email": f"bcc{number}@rec.test", "name": "Dan"}],
        "reply_to": [{"email": "reply@acme.example", "name": "Support"}], "subject": "Subject", "text": "Text.",
        "html": "<p>Html.</p>", "headers": {"X-First": "value", "List-Unsubscribe": "<https://acme.example/u>"},
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "YQ=="},
                        {"filename": "b.png", "content_type": "image/png", "content": "YQ==",
                         "content_id": "b@acme.example"}],
        "tags": {"kind": "otp"}, "metadata": {"user": "1"}, "external_id": "order", "return_path": f"back@{domain}",
        "expires_after": "10m", "tls": "opportunistic",
    }


@dataclass(frozen=True)
class Attempt:
    """One request, the member that a refusal has to name, and the recipients that an acceptance may have."""

    what: str
    member: str
    request: dict | bytes
    recipients: frozenset
    path: str = "/v1/messages"
    content_type: str = "application/json"


def spoiled(whole, place, payload):
    """A copy of the request with the payload at the end of the member (or of its name)."""
    changed = copy.deepcopy(whole)
    *way, last = place.rstrip("+").split("/")
    parent = changed
    for step in way:
        parent = parent[int(step) if step.isdigit() else step]
    if place.endswith("+"):
        parent[last + payload] = parent.pop(last)
    else:
        parent[last] += payload
    return changed


def attempts(domain):
    """The whole table."""
    numbers = count()

    def attempt(what, member, change):
        number = next(numbers)
        recipients = frozenset(f"{role}{number}@rec.test".encode() for role in ("to", "cc", "bcc"))
        return Attempt(what, member, change(request(domain, number)), recipients)

    for kind, payload in PAYLOADS.items():
        for place in PLACES:
            yield attempt(f"{kind} in {place}", place.split("/")[0], lambda whole: spoiled(whole, place, payload))
        for role in ("from", "to", "cc", "bcc", "reply_to"):
            for shape in STRINGS:
                yield attempt(f"{kind} in {role} {shape}", role, lambda whole: in_string(whole, role, shape, payload))
        yield attempt(f"{kind} in raw", "raw", lambda whole: in_raw(whole, payload))
        yield in_query(f"{kind} in ?to=", domain, next(numbers), payload)
        for field in ("from", "to", "reply_to", "subject", "text", "external_id"):
            yield in_form(f"{kind} in {field} of a form", domain, next(numbers), field, payload)


def in_query(what, domain, number, payload):
    """A whole message whose recipient is named in the query."""
    to = f"to{number}@rec.test"
    message = f"From: hello@{domain}\r\nTo: {to}\r\nSubject: x\r\n\r\nbody\r\n".encode()
    where = f"/v1/messages?to={quote(to + payload)}"
    return Attempt(what, "to", message, frozenset({to.encode()}), where, "message/rfc822")


def in_form(what, domain, number, field, payload):
    """A form, whose fields are not quoted in any way."""
    to = f"to{number}@rec.test"
    members = {"from": f"hello@{domain}", "to": to, "reply_to": "reply@acme.example", "subject": "s", "text": "t",
               "external_id": "x"}
    members[field] += payload
    parts = (f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in members.items())
    form = ("".join(parts) + "--b0undary--\r\n").encode()
    return Attempt(what, field, form, frozenset({to.encode()}), content_type="multipart/form-data; boundary=b0undary")


def in_string(whole, role, shape, payload):
    """The address of that role as a string."""
    given = whole[role] if role == "from" else whole[role][0]
    return whole | {role: shape.format(payload, given["email"])}


def in_raw(whole, payload):
    """A raw message in which the payload comes twice, in the header and in the body."""
    sender, to = whole["from"]["email"], whole["to"][0]["email"]
    message = f"From: {sender}\r\nTo: {to}\r\nSubject: x{payload}\r\nX-First: y\r\n\r\nbody{payload}\r\n"
    kept = {member: whole[member] for member in ("to", "cc", "bcc")} | {"from": sender}
    return kept | {"raw": base64.b64encode(message.encode()).decode()}


def misjudged(attempt, answer):
    """A refusal must name the member; anything but a refusal or an acceptance is a fault."""
    if answer.status == 422:
        errors = answer.json.get("errors", [])
        names = [error.get("pointer", "") for error in errors]
        if answer.json.get("code") != "validation_failed" or not names:
            yield f"{attempt.what}: {answer.body[:300]!r}"
        place = "?" if "?" in attempt.path else "#/"
        yield from (f"{attempt.what}: pointer {name!r}" for name in names
                    if name != place + attempt.member and not name.startswith(f"{place}{attempt.member}/"))
    elif answer.status != 202:
        yield f"{attempt.what}: {answer.status} {answer.body[:300]!r}"


def escaped(attempt, transactions):
    """What got out of an accepted request: a recipient, a header field, or a line end inside an encoded word."""
    recipients = {path for t in transactions for path in t.recipients}
    if recipients != attempt.recipients:
        yield f"{attempt.what}: recipients {recipients}"
    for transaction in transactions:
        yield from (f"{attempt.what}: {flaw}" for flaw in flaws(transaction, is_composed=attempt.member != "raw"))
        if strange := [name for name, _ in fields(transaction.head) if name not in FIELD_NAMES]:
            yield f"{attempt.what}: fields {strange}"
        if found := re.search(rb"(?i)[\0-\x1f\x7f]+bcc\s*:.*", transaction.head):
            yield f"{attempt.what}: {found.group()!r}"
        if attempt.member == "raw":
            continue  # its encoded words are the caller's
        for word in ENCODED_WORD.finditer(transaction.head):
            ((content, _),) = decode_header(word.group().decode())
            if re.search(rb"[\0-\x1f\x7f]", content):
                yield f"{attempt.what}: {word.group()!r} has controls"
