"""reading.py - compares what arrived with what was posted, as Python's `email` reads it."""
import base64
import re
from email import message_from_bytes, policy
from email.header import decode_header
from urllib.parse import unquote

from wire import ENCODED_WORD, fields

ADJACENT = re.compile(ENCODED_WORD.pattern.decode() + rf"(?:\s+{ENCODED_WORD.pattern.decode()})+")
DOT_ATOM = re.compile(r"[^\s()<>\[\]:;@\\,\".]+(\.[^\s()<>\[\]:;@\\,\".]+)*")
ADDED_TO_RAW = (b"date", b"message-id")


def plain(text):
    """A text with one kind of line end, and no matter whether the last line has one."""
    return None if text is None else re.sub(r"\r\n|\r|\n", "\n", text).removesuffix("\n")


def joined(value):
    """The value with adjacent encoded words made one. Python's parser of phrases keeps the space between them, which
    RFC 2047 §6.2 says is not displayed. So this hides what such a reader shows of a long name: one space too many. The
    composer breaks names at their own spaces where it can, so that it shows there and not inside a word."""
    def one(match):
        parts = (decode_header(word.group())[0] for word in re.finditer(ENCODED_WORD.pattern.decode(), match.group()))
        text = "".join(content.decode(charset) for content, charset in parts)
        return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="

    return ADJACENT.sub(one, value)


def mailbox(address):
    """An address in one form: domain in lower case, quotes and backslashes of the local-part only where needed."""
    local, _, domain = address.rpartition("@")
    bare = re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local  # Python unquotes "a..b"
    local = bare if DOT_ATOM.fullmatch(bare) else '"' + re.sub(r'(["\\])', r"\\\1", bare) + '"'
    return f"{local}@{domain.lower()}"


def addresses(message, field):
    """The (name, address) pairs of all fields of that name."""
    found = []
    for name, value in message.raw_items():
        if name.lower() == field:
            header = policy.default.header_factory(name, joined("".join(value.splitlines())))
            found += [(a.display_name, mailbox(a.addr_spec)) for a in header.addresses]
    return found


def structure(part):
    """The tree of content types: a type for a leaf, a tuple that begins with its type for a multipart."""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        return (part.get_content_type(), *map(structure, part.iter_parts()))
    return part.get_content_type()


def expected_structure(letter):
    """mixed(related(alternative(text, html), inline…), attachments…), and no wrapper around one part. A text that is empty
    is no alternative."""
    def wrapped(kind, *parts):
        return parts[0] if len(parts) == 1 else (f"multipart/{kind}", *parts)

    inline, attached = parted(letter)
    kinds = [f"text/{kind}" for kind, value in (("plain", letter.text), ("html", letter.html)) if value] or ["text/plain"]
    body = wrapped("related", wrapped("alternative", *kinds), *(file.type for file in inline))
    return wrapped("mixed", body, *(file.type for file in attached))


def parted(letter):
    """The files that the html refers to, and the others. The corpus writes nothing else that begins with cid:."""
    references = {unquote(reference) for reference in re.findall(r'"cid:([^"]*)"', letter.html or "")}
    inline = [file for file in letter.files if file.content_id in references]
    return inline, [file for file in letter.files if file not in inline]


def alike(found, expected):
    """Equal trees, where an expected type that is empty stands for any."""
    if isinstance(found, tuple) and isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(alike, found, expected))
    return found == expected or (expected == "" and isinstance(found, str))


def misread(letter, content):
    """What a reader finds that is not what was posted."""
    message = message_from_bytes(content, policy=policy.default)
    if (message["Subject"] or "") != letter.subject:
        yield f"subject {message['Subject']!r}, not {letter.subject!r}"
    for field in ("from", "to", "cc", "reply-to"):
        expected = [(name, mailbox(a)) for name, a in letter.addresses[field.replace("-", "_")]]
        if (found := addresses(message, field)) != expected:
            yield f"{field} {found}, not {expected}"
    for name, value in letter.fields.items():
        if (found := [str(v) for v in message.get_all(name, [])]) != [value]:
            yield f"{name} {found}, not {value!r}"
    yield from misread_unsubscribe(letter, message)
    found, expected = structure(message), expected_structure(letter)
    if not alike(found, expected):
        yield f"structure {found}, not {expected}"
    else:
        yield from misread_parts(letter, [part for part in message.walk() if not part.is_multipart()])


def misread_unsubscribe(letter, message):
    """RFC 8058: one click, if and only if there is an https URI."""
    one_click = "https:" in letter.fields.get("List-Unsubscribe", "")
    expected = ["List-Unsubscribe=One-Click"] if one_click else []
    if message.get_all("List-Unsubscribe-Post", []) != expected:
        yield f"List-Unsubscribe-Post {message.get_all('List-Unsubscribe-Post')}, not {expected}"


def misread_parts(letter, parts):
    parts = iter(parts)
    for text in [letter.text, letter.html] if letter.text or letter.html else [""]:
        if text and (found := plain(next(parts).get_content())) != plain(text):
            at = next((i for i, (a, b) in enumerate(zip(found, plain(text))) if a != b), "the end of one")
            yield f"text differs at {at}: {found!r:.200}, not {text!r:.200}"
    inline, attached = parted(letter)
    for file, part in zip(inline + attached, parts):
        yield from misread_file(file, part, "inline" if file in inline else "attachment")


def misread_file(file, part, disposition):
    if part.get_payload(decode=True) != file.content:
        yield f"{file.name}: {part.get_payload(decode=True)!r:.120}, not {file.content!r:.120}"
    if part.get_filename() != file.name:
        yield f"filename {part.get_filename()!r}, not {file.name!r}"
    if part.get_content_disposition() != disposition:
        yield f"{file.name}: disposition {part.get_content_disposition()}"
    if (part["Content-ID"] or "").strip() != (f"<{file.content_id}>" if file.content_id else ""):
        yield f"{file.name}: Content-ID {part['Content-ID']}, not <{file.content_id}>"


def changed(raw, transaction):
    """What is not as it was in `raw`, but for line ends, Bcc and Return-Path, and fields that were missing."""
    head, _, body = re.sub(rb"\r\n|\r|\n", b"\r\n", raw).partition(b"\r\n\r\n")
    if transaction.body.removesuffix(b"\r\n") != body.removesuffix(b"\r\n"):
        yield f"body {transaction.body!r:.200}, not {body!r:.200}"
    given = [pair for pair in fields(head) if pair[0] not in (b"bcc", b"return-path")]
    found = [pair for pair in fields(transaction.head) if pair[0] != b"dkim-signature"]
    added = [pair for pair in found if pair not in given]
    if [pair for pair in found if pair in given] != given:
        yield f"fields {found}, not {given}"
    for name, value in added:
        if name not in ADDED_TO_RAW or name in dict(given):
            yield f"a field that was not posted: {name.decode()}:{value!r}"
