"""corpus.py - a thousand letters by a seed: what is posted, in four shapes, and what a reader has to find.

Three quarters are JSON, the rest `raw`, a form as curl -F sends it, and message/rfc822.
"""
import base64
import json
import random
from dataclasses import dataclass, field
from urllib.parse import quote

import phrases
from phrases import SCRIPTS

PATH = "/v1/messages"
LARGE = (300_000, 700_000, 2_000_000)  # bytes; a few attachments are that large


@dataclass(frozen=True)
class File:
    """An attachment; inline if it has a content id that the html refers to. An empty type lets the service choose."""

    name: str
    type: str
    content: bytes
    content_id: str | None = None

    def as_json(self):
        given = {"filename": self.name, "content": base64.b64encode(self.content).decode()}
        given |= {"content_type": self.type} if self.type else {}
        return given | ({"content_id": self.content_id} if self.content_id else {})


@dataclass
class Letter:
    """`addresses` maps from, to, cc, bcc and reply_to to lists of (name, address). `raw` stands for all the content."""

    number: int
    addresses: dict
    subject: str = ""
    text: str | None = None
    html: str | None = None
    fields: dict = field(default_factory=dict)
    files: list = field(default_factory=list)
    raw: bytes | None = None
    path: str = PATH
    content_type: str = "application/json"
    body: bytes = b""

    @property
    def recipients(self):
        return [address for kind in ("to", "cc", "bcc") for _, address in self.addresses[kind]]


class Corpus:
    """Letters from `sender` (a domain) to recipients at `domains`."""

    def __init__(self, seed, sender, domains):
        self.random, self.seed, self.sender, self.domains = random.Random(seed), seed, sender, domains

    def letters(self, count):
        shapes = [self._json] * 15 + [self._raw_json] * 2 + [self._form] * 2 + [self._rfc822]
        return [shapes[number % len(shapes)](number) for number in range(count)]

    def _addresses(self, number, least=0):
        """Mostly one recipient; sometimes several in all roles, sometimes only blind ones."""
        pick = self.random
        addresses = {kind: [] for kind in ("from", "to", "cc", "bcc", "reply_to")}
        addresses["from"] = [(pick.choice(phrases.NAMES), f"hello{number % 7}@{self.sender}")]
        counts = pick.choice([(1, 0, 0, 0)] * 5 + [(2, 1, 1, 1), (1, 2, 0, 2), (0, 0, 2, 0), (6, 3, 2, 1)])
        for kind, some in zip(("to", "cc", "bcc", "reply_to"), counts):
            for at in range(max(some, least if kind == "to" else 0)):
                unique = f"{kind.replace('_', '')}{at}n{number}"
                addresses[kind].append((pick.choice(phrases.NAMES), self._mailbox(unique)))
        return addresses

    def _mailbox(self, unique):
        """An address that no other letter has."""
        local = self.random.choice(phrases.LOCAL_PARTS) if self.random.random() < 0.3 else "user"
        local = local[:-1] + f'{unique}"' if local.endswith('"') else (local + unique)[-64:]
        return f"{local}@{self.random.choice(self.domains)}"

    def _text(self):
        pick = self.random
        if pick.random() < 0.5:
            return pick.choice(phrases.TEXTS[1:])
        lines = (pick.choice(list(SCRIPTS.values())) for _ in range(pick.randint(1, 40)))
        return pick.choice(["\n", "\r\n", " ", "\n\n"]).join(lines) + pick.choice(["", "\n"])

    def _file(self, at):
        pick, size = self.random, self.random.choice([0, 1, 57, 58, 1000, 8000])
        words = pick.choice(["\n", "\r\n", "\r"]).join(SCRIPTS.values())
        kind = pick.randrange(5)
        name = pick.choice(phrases.FILENAMES)
        if kind == 0:
            return File(name, "text/plain", pick.choice(phrases.TEXTS).encode())
        if kind == 1:
            return File(name, "text/csv", (words * (size // 500)).encode())
        if kind == 2:
            return File(name, "application/octet-stream", b"\r\n.\r\n" * at + bytes(range(256)) + pick.randbytes(size))
        kind = pick.choice(["application/pdf", "image/png", "application/x-custom+zip", ""])
        return File(name, kind, pick.randbytes(size))

    def _json(self, number):
        pick, letter = self.random, Letter(number, self._addresses(number))
        letter.subject = pick.choice(phrases.SUBJECTS)
        shape = pick.choice(["text", "html", "both", "both"])
        letter.text = None if shape == "html" else "" if shape == "both" and pick.random() < 0.05 else self._text()
        letter.html = None if shape == "text" else pick.choice(phrases.HTMLS)
        letter.files = [self._file(at) for at in range(pick.choice([0, 0, 0, 1, 1, 2, 5]))]
        if number % 300 == 0:
            letter.files.append(File("large.bin", "application/octet-stream", pick.randbytes(LARGE[number // 300 % 3])))
        if number == 7:
            letter.files = [File(f"{at}.txt", "text/plain", b"%d" % at) for at in range(100)]
        elif letter.html and pick.random() < 0.25:
            for at in range(pick.randint(1, 3)):
                self._add_image(letter, at)
        letter.fields = dict(pick.sample(sorted(phrases.FIELDS.items()), pick.choice([0, 0, 1, 3])))
        if pick.random() < 0.2:
            letter.fields["List-Unsubscribe"] = pick.choice(phrases.UNSUBSCRIBE)
        letter.body = self.json_body(letter, ensure_ascii=bool(number % 2))
        return letter

    def json_body(self, letter, ensure_ascii=False):
        return json.dumps(self._request(letter), ensure_ascii=ensure_ascii).encode()

    def _add_image(self, letter, at):
        """With a content id; the html refers to it as it is, percent-encoded, or not at all."""
        content_id = f"image{at}.{letter.number}@acme.example"
        letter.files.append(File(f"logo{at}.png", "image/png", self.random.randbytes(700), content_id))
        reference = self.random.choice([content_id, quote(content_id), None])
        letter.html += f'<img src="cid:{reference}">' if reference else ""

    def _request(self, letter):
        request = self._envelope(letter) | {"subject": letter.subject}
        for member in ("text", "html"):
            if (value := getattr(letter, member)) is not None:
                request[member] = value
        if letter.fields:
            request["headers"] = letter.fields
        if letter.files:
            request["attachments"] = [file.as_json() for file in letter.files]
        return request

    def _envelope(self, letter):
        """Addresses as the contract allows them: an object, or a string where the name needs no care."""
        def address(name, mailbox):
            if not name:
                return mailbox
            if name.replace(" ", "").isalnum() and self.random.random() < 0.5:
                return f"{name} <{mailbox}>"
            return {"email": mailbox, "name": name}

        given = {kind: [address(*pair) for pair in pairs] for kind, pairs in letter.addresses.items() if pairs}
        given["from"] = given["from"][0]
        return given

    def _raw_json(self, number):
        """`raw` in JSON: any line ends, 8-bit bodies, header fields in UTF-8, fields that must go."""
        pick, letter = self.random, Letter(number, self._addresses(number, least=1))
        end = pick.choice(["\r\n", "\n", "\n"])
        letter.raw = self._message(letter, end, pick.random() < 0.3)
        given = self._envelope(letter)
        given.pop("reply_to", None)
        letter.body = json.dumps(given | {"raw": base64.b64encode(letter.raw).decode()}).encode()
        return letter

    def _message(self, letter, end, in_utf8):
        """A whole message by another hand; some lack Date and Message-ID, some have Bcc and Return-Path."""
        pick = self.random
        _, sender = letter.addresses["from"][0]
        lines = ["Return-Path: <secret-return@elsewhere.test>"] if pick.random() < 0.5 else []
        lines += [f"From: Raw Sender <{sender}>", "To: " + f",{end} ".join(a for _, a in letter.addresses["to"])]
        lines += [f"Bcc: secret-bcc@elsewhere.test,{end}\tsecret-bcc2@elsewhere.test"] if pick.random() < 0.5 else []
        lines += [f"Subject: raw {letter.number} {SCRIPTS['Thai'] if in_utf8 else 'plain'}", f"X-Folded: one{end}\ttwo"]
        if pick.random() < 0.5:
            lines += [f"Message-ID: <raw{letter.number}.{self.seed}@{self.sender}>", "Date: Wed, 25 Nov 2026 10:00:00 +0700"]
        script = pick.choice(["Latin", "Thai", "Arabic", "Emoji"])
        lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
        lines += ["Content-Transfer-Encoding: " + ("7bit" if script == "Latin" else "8bit"), ""]
        body = [".", "..", SCRIPTS[script], "From here", "trailing  ", "", "."] * pick.randint(1, 20)
        return (end.join(lines + body) + pick.choice(["", end, end * 3])).encode()

    def _rfc822(self, number):
        """The bytes of a message as the request's body, recipients in the query."""
        letter = Letter(number, self._addresses(number, least=1), content_type="message/rfc822")
        letter.addresses |= {"cc": [], "bcc": [], "reply_to": []}
        letter.raw = letter.body = self._message(letter, self.random.choice(["\r\n", "\n"]), self.random.random() < 0.3)
        letter.path += "?" + "&".join(f"to={quote(address)}" for _, address in letter.addresses["to"])
        return letter

    def _form(self, number):
        """What `curl -F from=… -F to=… -F attachments=@…` sends."""
        pick, letter = self.random, Letter(number, self._addresses(number))
        letter.addresses = {kind: [("", address) for _, address in pairs] for kind, pairs in letter.addresses.items()}
        letter.subject, letter.text = pick.choice(phrases.SUBJECTS), self._text()
        letter.html = pick.choice([None, *phrases.HTMLS])
        for _ in range(pick.randint(0, 2)):
            name, kind = pick.choice([("a.pdf", "application/pdf"), ("b c.txt", "text/plain"), ("รายงาน.pdf", "application/pdf")])
            letter.files.append(File(name, kind, pick.randbytes(900)))
        self._fill_in(letter)
        return letter

    def _fill_in(self, letter):
        """The form: a field for each member, a list by repeating its field; of files curl says that it does not know."""
        boundary = f"------------------------{self.random.getrandbits(64):016x}"
        letter.content_type = f"multipart/form-data; boundary={boundary}"
        members = [(kind, address) for kind, pairs in letter.addresses.items() for _, address in pairs]
        members += [("subject", letter.subject), ("text", letter.text)]
        members += [("html", letter.html)] if letter.html else []
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in members]
        parts += [f'Content-Disposition: form-data; name="attachments"; filename="{file.name}"\r\n'
                  "Content-Type: application/octet-stream\r\n\r\n".encode() + file.content for file in letter.files]
        start = f"--{boundary}\r\n".encode()
        letter.body = b"".join(start + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
