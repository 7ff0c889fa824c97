"""smuggling.py - what some server takes for the end of a message, each with a second message behind it."""
import base64
import socket

from program import until
from recorder import SMUGGLING, Recorder

SECOND = (b"MAIL FROM:<evil@attacker.test>\r\nRCPT TO:<v@victim.test>\r\nDATA\r\n"
          b"From: evil@attacker.test\r\nTo: v@victim.test\r\nSubject: smuggled\r\n\r\nboo\r\n.\r\n")


def requests(domain):
    """(what, headers, path, body) of each sequence in each place that takes content; all go to lax.test."""
    as_json, as_message = {"Content-Type": "application/json"}, {"Content-Type": "message/rfc822"}
    number = 0
    for sequence in SMUGGLING:
        payload = b"first" + sequence + SECOND
        text, encoded = payload.decode(), base64.b64encode(payload).decode()
        def attached(kind):
            return {"text": "t", "attachments": [{"filename": "a.txt", "content": encoded, "content_type": kind}]}

        for place, members in (("text", {"text": text}), ("html", {"html": text}),
                               ("a text file", attached("text/plain")), ("a message", attached("message/rfc822")),
                               ("a file", attached("application/octet-stream")),
                               ("raw", {}), ("rfc822", {})):
            number += 1
            to, sender = f"s{number}@lax.test", f"hello@{domain}"
            raw = f"From: {sender}\r\nTo: {to}\r\nSubject: s\r\n\r\n".encode() + payload
            whole = {"subject": "s"} if members else {"raw": base64.b64encode(raw).decode()}
            what = f"{sequence!r} in {place}"
            if place == "rfc822":
                yield what, as_message, f"/v1/messages?to={to}", raw
            else:
                yield what, as_json, "/v1/messages", {"from": sender, "to": to} | whole | members


def seen(recorder, accepted):
    """One MAIL and one message for each that was accepted, and nothing of the second message outside of a first."""
    if recorder.mails() != accepted:
        yield f"{recorder.mails()} MAIL commands for {accepted} messages"
    if len(recorder.transactions) != accepted:
        yield f"{len(recorder.transactions)} messages of {accepted}"
    yield from (f"a command: {line!r}" for line in recorder.commands if b"attacker" in line or b"victim" in line)
    for transaction in recorder.transactions:
        if b"evil" in transaction.reverse_path or len(transaction.recipients) != 1:
            yield f"an envelope: {transaction.reverse_path!r} {transaction.recipients}"


def missed():
    """The sequences that a lax recorder does not fall for, which it must: else it would not notice anything."""
    for sequence in SMUGGLING:
        lax, strict = Recorder("127.0.3.4", 0, lax=True), Recorder("127.0.3.4", 0)
        for recorder in (lax, strict):
            with socket.create_connection(("127.0.3.4", recorder.port), timeout=5) as client:
                client.sendall(b"EHLO a.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@lax.test>\r\nDATA\r\nfirst"
                               + sequence + SECOND + b"QUIT\r\n")
                until(lambda: b"221 2.0.0" in client.recv(4096), 5)
        if (len(lax.transactions), len(strict.transactions)) != (2, 1):
            yield f"{sequence!r}: {len(lax.transactions)} messages, {len(strict.transactions)} at a strict one"
