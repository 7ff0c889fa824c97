"""wire.py - what must hold of any message on the wire, whatever it says: RFC 5321, 5322, 2047, 6152 and 6531."""
import re
from email.header import decode_header
from email.utils import parsedate_to_datetime
from time import time

ENCODED_WORD = re.compile(rb"=\?([^?\s]+)\?([bBqQ])\?([^?\s]*)\?=")
FIELD_NAME = re.compile(rb"[!-9;-~]+:")
ONCE = (b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
        b"content-transfer-encoding", b"list-unsubscribe", b"list-unsubscribe-post")
REQUIRED = (b"from", b"date", b"message-id")


def fields(head):
    """The header fields as (lower-case name, everything after the colon, folded as it came)."""
    unfolded = re.split(rb"\r\n(?![ \t])", head.removesuffix(b"\r\n"))
    return [(name.lower(), value) for name, _, value in (line.partition(b":") for line in unfolded)]


def flaws(transaction, is_composed=True):
    """Problems of one transaction. What was posted as `raw` may be badly folded and may have 8-bit bytes."""
    yield from of_lines(transaction)
    yield from of_extensions(transaction)
    yield from of_header(transaction, is_composed)
    if is_composed:
        if not transaction.content.isascii():
            yield "the service composed a message that is not 7-bit clean"
        yield from of_folding(transaction.head)
        yield from of_encoded_words(transaction.head)


def of_lines(transaction):
    content = transaction.content
    if not content.endswith(b"\r\n"):
        yield "the last line has no end"
    if re.search(rb"\r(?!\n)|(?<!\r)\n", content):
        yield "a bare CR or LF"
    if b"\0" in content:
        yield "a NUL"
    if longest := [line for line in content.split(b"\r\n") if len(line) > 998]:
        yield f"a line of {max(map(len, longest))} bytes: {longest[0][:60]!r}…"


def of_extensions(transaction):
    """RFC 6152: 8-bit bytes only after BODY=8BITMIME. RFC 6531: SMTPUTF8 where it is needed and nowhere else."""
    if not transaction.body.isascii() and "BODY=8BITMIME" not in transaction.parameters:
        yield f"an 8-bit body after {transaction.parameters}"
    paths = (transaction.head, transaction.reverse_path, *transaction.recipients)
    needs = not all(path.isascii() for path in paths)
    if needs != ("SMTPUTF8" in transaction.parameters):
        yield f"SMTPUTF8 is {'' if needs else 'not '}needed, parameters are {transaction.parameters}"


def of_header(transaction, is_composed):
    for line in transaction.head.split(b"\r\n")[:-1]:
        if not line.startswith((b" ", b"\t")) and not FIELD_NAME.match(line):
            yield f"not a header field: {line[:80]!r}"
        if not line.strip():
            yield "a folded line of white space only"
    names = [name for name, _ in fields(transaction.head)]
    yield from (f"{names.count(name)} fields {name.decode()}" for name in ONCE if names.count(name) > 1)
    required = (*REQUIRED, b"mime-version") if is_composed else REQUIRED
    yield from (f"no field {name.decode()}" for name in required if name not in names)
    yield from (f"a field {name.decode()}" for name in (b"bcc", b"return-path") if name in names)
    if is_composed:
        yield from of_date(dict(fields(transaction.head)).get(b"date", b""))


def of_date(value):
    try:
        if abs(parsedate_to_datetime(value.decode().strip()).timestamp() - time()) > 3600:
            yield f"Date is not now: {value!r}"
    except ValueError:
        yield f"not a date: {value!r}"


def of_folding(head):
    """At most 78 columns wherever there was white space to fold at (RFC 5322 §2.1.1)."""
    for line in head.split(b"\r\n"):
        if len(line) > 78:
            words = FIELD_NAME.sub(b"", line, count=1) if line[:1] not in (b" ", b"\t") else line
            if len(words.split()) > 1:
                yield f"{len(line)} columns that could have been folded: {line[:100]!r}"


def of_encoded_words(head):
    """RFC 2047 §2 and §5: at most 75 characters, and each decodes to whole characters by itself."""
    for word in ENCODED_WORD.finditer(head):
        whole = word.group().decode()
        if len(whole) > 75:
            yield f"an encoded word of {len(whole)} characters: {whole}"
        ((content, charset),) = decode_header(whole)
        try:
            content.decode(charset)
        except (ValueError, LookupError):
            yield f"an encoded word that is not text by itself: {whole}"
