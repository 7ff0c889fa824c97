"""edges.py - requests that must be refused by name, and requests that may be, but else must go out right."""
import base64
import json
import subprocess
from email import message_from_bytes, policy

from wire import flaws


def encoded(content):
    return base64.b64encode(content).decode()


def attachment(**members):
    given = {"filename": "a.bin", "content_type": "application/octet-stream", "content": "YQ=="}
    return {"attachments": [given | members]}


def raw(content):
    """`raw` in the place of what the basic request says."""
    return {"raw": encoded(content), "subject": None, "text": None}


RESERVED = ("From", "from", "To", "Cc", "Bcc", "bCC", "Date", "Subject", "Message-ID", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding", "DKIM-Signature", "Received", "Return-Path")
NOT_NAMES = ("", "X Y", "X:Y", " X", "X-é", "X\t", "Bcc :", "X\r\nBcc", "\0")

# What is refused, where the pointer leads, and the members that replace those of the basic request.
REFUSED = [
    *((f"header {name!r}", "#/headers", {"headers": {name: "x"}}) for name in RESERVED + NOT_NAMES),
    ("64 KiB of header fields", "#/headers", {"headers": {f"X-{n}": "v" * 900 for n in range(80)}}),
    ("101 attachments", "#/attachments", {"attachments": attachment()["attachments"] * 101}),
    ("content that is not base64", "#/attachments/0/content", attachment(content="*")),
    ("raw that is not base64", "#/raw", {"raw": "*", "subject": None, "text": None}),
    ("1,001 recipients", "#/to", {"to": [f"u{n}@rec.test" for n in range(1001)]}),
    ("a local-part of 65 bytes", "#/to", {"to": "a" * 65 + "@rec.test"}),
    ("a label of 64 bytes", "#/to", {"to": "a@" + "b" * 64 + ".test"}),
    ("an address of 256 bytes", "#/to", {"to": "a" * 60 + "@" + "b." * 98 + "test"}),
    ("an address literal", "#/to", {"to": "a@[127.0.0.1]"}),
    ("a comment", "#/to", {"to": "a(comment)@rec.test"}),
    ("a route", "#/to", {"to": "<@x.test:a@rec.test>"}),
    ("two addresses in one", "#/to", {"to": "a@rec.test, b@rec.test"}),
    ("no recipient", "#/to", {"to": []}),
]

# What may be accepted or refused.
EITHER = {
    "an empty text": {"text": ""},
    "an empty html": {"text": None, "html": ""},
    "an empty text beside html": {"text": "", "html": "<p>x</p>"},
    "attachments alone": attachment() | {"text": None},
    "a subject with a space at its ends": {"subject": " x "},
    "a subject of 990 bytes without a space": {"subject": "a" * 990},
    "a header value of 1,500 bytes without a space": {"headers": {"X-Word": "w" * 1500}},
    "an empty header value": {"headers": {"X-Empty": ""}},
    "a header value of spaces": {"headers": {"X-Spaces": "   " * 40}},
    "a message as attachment": attachment(content_type="message/rfc822", content=encoded(
        "Subject: x\n\nสวัสดี\n".encode() + b"w" * 1200)),
    "a multipart as attachment": attachment(content_type="multipart/mixed"),
    "a charset that is not UTF-8": attachment(
        content_type="text/plain; charset=tis-620", content=encoded("ไทย".encode("tis-620"))),
    "a content type of one word": attachment(content_type="text"),
    "a content type that is not one": attachment(content_type="text/plain; name=\"x"),
    "a content id without html": attachment(content_id="x@acme.example"),
    "a content id with brackets": attachment(content_id="<x@acme.example>") | {"html": "<img src='cid:x'>"},
    "a content id with a space": attachment(content_id="x y"),
    "a filename that is a path": attachment(filename="../../etc/passwd"),
    "a filename with a backslash": attachment(filename="back\\slash.txt"),
    "an empty filename": attachment(filename=""),
    "a filename of 4,000 bytes": attachment(filename="ก" * 1333),
    "a name of 2,000 bytes": {"from": {"email": "hello@send.test", "name": "ก" * 666}},
    "a bidi override in a name": {"from": {"email": "hello@send.test", "name": "\u202eevil\u202c"}},
    "500 recipients with names": {"to": [{"email": f"many{n}@rec.test", "name": f"ชื่อ {n}"} for n in range(500)]},
    "raw without a header": raw(b"hello"),
    "raw without a body": raw(b"From: hello@send.test\r\nSubject: x\r\n"),
    "an empty raw": raw(b""),
    "raw without From": raw(b"Subject: x\r\n\r\nx"),
    "raw with another From": raw(b"From: other@rec.test\r\nSubject: x\r\n\r\nx"),
    "raw with two From": raw(b"From: hello@send.test\r\nFrom: other@rec.test\r\n\r\nx"),
    "raw with NUL": raw(b"From: hello@send.test\r\nSubject: x\r\n\r\na\0b"),
    "raw with a line of 2,000 bytes": raw(b"From: hello@send.test\r\nSubject: x\r\n\r\n" + b"w" * 2000),
    "raw with a header line of 2,000 bytes": raw(b"From: hello@send.test\r\nX: " + b"w" * 2000 + b"\r\n\r\nx"),
    "raw with a header line that is not one": raw(b"From: hello@send.test\r\nnot a field\r\n\r\nx"),
    "raw that begins with a folded line": raw(b" x\r\nFrom: hello@send.test\r\n\r\nx"),
    "raw with bytes that are not UTF-8": raw(b"From: hello@send.test\r\nSubject: \xff\xfe\r\n\r\n\xff"),
    "raw with an mbox line": raw(b"From hello Mon Jan 1\nFrom: hello@send.test\n\nx"),
    "raw with bare CR": raw(b"From: hello@send.test\rSubject: x\r\ry\rz"),
}


def basic(domain, number):
    return {"from": f"hello@{domain}", "to": f"edge{number}@rec.test", "subject": "s", "text": "t"}


def requests(domain):
    """All of them; those to be refused first."""
    changes = [members for *_, members in REFUSED] + list(EITHER.values())
    whole = (basic(domain, number) | members for number, members in enumerate(changes))
    return [{member: value for member, value in request.items() if value is not None} for request in whole]


def not_refused(answers):
    for (what, pointer, _), answer in zip(REFUSED, answers):
        pointers = [error.get("pointer", "") for error in answer.json.get("errors", [])] if answer.status == 422 else []
        if not pointers or not all(found.startswith(pointer) for found in pointers):
            yield f"{what}: {answer.status} {pointers}"


def flawed(outcomes, recorder):
    """Those that were accepted and went out wrongly, or neither accepted nor refused."""
    arrived = recorder.by_message_id()
    for what, (answer, message) in zip(EITHER, outcomes):
        is_composed = "raw" not in EITHER[what]
        if answer.status not in (202, 422):
            yield f"{what}: {answer.status} {answer.body[:300]!r}"
        for transaction in arrived.get(message["message_id"], []) if message else []:
            yield from (f"{what}: {flaw}" for flaw in flaws(transaction, is_composed))
            yield from (f"{what}: {flaw}" for flaw in wrappers(transaction.content))


def wrappers(content):
    """A multipart has two parts at least."""
    for part in message_from_bytes(content, policy=policy.default).walk():
        if part.get_content_maintype() == "multipart" and len(part.get_payload()) < 2:
            yield f"{part.get_content_type()} with {len(part.get_payload())} parts"
        yield from (repr(defect) for defect in part.defects)


def with_curl(program, key, domain, work):
    """What the manual of curl would make of it; the message that came back."""
    file = work / "ใบเสร็จ.pdf"
    file.write_bytes(b"%PDF-1.7\r\n.\r\n\xff")
    members = {"from": f"Acme <hello@{domain}>", "to": "curl@rec.test", "subject": "สวัสดี", "text": "from curl",
               "attachments": f"@{file};type=application/pdf"}
    done = subprocess.run(
        ["curl", "-sS", "-H", f"Authorization: Bearer {key}", f"http://127.0.0.1:{program.port}/v1/messages",
         *(word for name, value in members.items() for word in ("-F", f"{name}={value}"))],
        capture_output=True, timeout=20)
    return json.loads(done.stdout), file
