"""languages.py - addresses in every script, to hosts that can do more or less, and addresses made to be misread."""
import base64
from dataclasses import dataclass

from corpus import File, Letter
from wire import flaws

THAI, THAI_DOMAIN, PLAIN_DOMAIN = "ผู้ใช้", "ตัวอย่าง.ไทย", "ธรรมดา.ไทย"
THAI_A_LABEL, PLAIN_A_LABEL = (name.encode("idna").decode() for name in (THAI_DOMAIN, PLAIN_DOMAIN))


@dataclass(frozen=True)
class Case:
    """A recipient or a content with needs, the host it goes to, and what must become of it.

    `code` is the enhanced code of our own bounce, None if it has to arrive; then with these `parameters` of MAIL and
    one of these forward-paths. With `may_refuse`, 422 is as good.
    """

    what: str
    host: str
    to: str
    paths: tuple = ()
    parameters: frozenset = frozenset()
    code: str | None = None
    raw: str = ""
    may_refuse: bool = False

    def request(self, domain):
        given = {"from": f"hello@{domain}", "to": [self.to]}
        if self.raw:
            whole = f"From: hello@{domain}\r\nTo: someone@rec.test\r\n{self.raw}"
            return given | {"raw": base64.b64encode(whole.encode()).decode()}
        return given | {"subject": "เรื่อง", "text": "สวัสดี"}


def raw(subject, text):
    return (f"Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n")


def path(local, *domains):
    return tuple(f"{local}@{domain}".encode() for domain in domains)


SMTPUTF8 = frozenset({"SMTPUTF8"})
EIGHT_BIT = frozenset({"BODY=8BITMIME"})
CASES = (
    Case("a Thai address", "full", f"{THAI}@{THAI_DOMAIN}", path(THAI, THAI_A_LABEL, THAI_DOMAIN), SMTPUTF8),
    Case("a Thai domain", "full", f"user@{THAI_DOMAIN}", path("user", THAI_A_LABEL)),
    Case("its A-label", "full", f"alabel@{THAI_A_LABEL}", path("alabel", THAI_A_LABEL)),
    Case("a Thai domain, no SMTPUTF8", "plain", f"user@{PLAIN_DOMAIN}", path("user", PLAIN_A_LABEL)),
    Case("a Thai local-part, no SMTPUTF8", "plain", f"{THAI}@plain.test", code="5.6.7"),
    Case("raw with a UTF-8 header", "full", "utf8header@rec.test", path("utf8header", "rec.test"),
         SMTPUTF8, raw=raw("เรื่อง", "สวัสดี")),
    Case("raw with a UTF-8 header, no SMTPUTF8", "plain", "utf8header@plain.test", code="5.6.7",
         raw=raw("เรื่อง", "สวัสดี")),
    Case("raw with 8-bit text", "plain", "eightbit@plain.test", path("eightbit", "plain.test"), EIGHT_BIT,
         raw=raw("plain", "สวัสดี")),
    Case("raw with 8-bit text, no 8BITMIME", "old", "eightbit@old.test", code="5.6.3", raw=raw("plain", "สวัสดี")),
    Case("raw in ASCII, no 8BITMIME", "old", "ascii@old.test", path("ascii", "old.test"), raw=raw("plain", "hello")),
    Case("Thai subject and text, no 8BITMIME", "old", "thai@old.test", path("thai", "old.test")),
    Case("quotes around an address", "full", '"a@attacker.test b"@victim.test',
         path('"a@attacker.test b"', "victim.test"), may_refuse=True),
    Case("quotes around an address and brackets", "full", 'Bob <"a@attacker.test b"@victim.test>',
         path('"a@attacker.test b"', "victim.test"), may_refuse=True),
    Case("quotes around angle brackets", "full", '"<a@attacker.test>"@victim.test',
         path('"<a@attacker.test>"', "victim.test"), may_refuse=True),
    Case("an encoded word in the local-part", "full", "=?utf-8?q?a=40b?=c@host.test",
         path("=?utf-8?q?a=40b?=c", "host.test"), may_refuse=True),
    Case("an encoded word with an address", "full", "=?utf-8?q?a=40attacker.test=3E?=@host.test",
         path("=?utf-8?q?a=40attacker.test=3E?=", "host.test"), may_refuse=True),
)


def wrong(case, answer, message, recorders):
    """What did not become of a case as it must. `message` is the API's last word on it, `recorders` are all hosts."""
    if answer.status == 422 and case.may_refuse:
        return
    if answer.status != 202:
        yield f"{case.what}: {answer.status} {answer.body[:300]!r}"
        return
    found = {name: t for name, r in recorders.items() for t in r.by_message_id().get(message["message_id"], [])}
    (recipient,) = message["recipients"]
    if case.code:
        bounce = recipient["bounce"] or {}
        if (recipient["status"], bounce.get("enhanced_code")) != ("bounced", case.code) or found:
            yield f"{case.what}: {recipient['status']} {bounce}, recorded at {list(found)}"
    elif recipient["status"] != "delivered" or list(found) != [case.host]:
        yield f"{case.what}: {recipient}, recorded at {list(found)}"
    else:
        yield from (f"{case.what}: {flaw}" for flaw in unlike(case, found[case.host]))


def unlike(case, transaction):
    """How the transaction differs from what the case calls for."""
    if transaction.recipients[0] not in case.paths or len(transaction.recipients) != 1:
        yield f"forward-paths {transaction.recipients}, not one of {case.paths}"
    if set(transaction.parameters) - EIGHT_BIT != case.parameters - EIGHT_BIT:
        yield f"parameters {transaction.parameters}, not {set(case.parameters)}"
    yield from flaws(transaction, is_composed=False)


def thai_letter(domain):
    """Subject, display names, text, html and a filename in Thai, from an ASCII address."""
    return Letter(
        0, {"from": [("ร้านค้าตัวอย่าง", f"shop@{domain}")], "to": [("สมชาย ใจดี", "somchai@rec.test")],
            "cc": [("สมหญิง ใจดี, ผู้จัดการ", "somying@rec.test")],
            "bcc": [], "reply_to": [("ฝ่ายบริการลูกค้า", f"help@{domain}")]},
        subject="ใบเสร็จรับเงินของท่าน เลขที่ ๑๒๓๔ ขอบคุณที่ใช้บริการ" * 2, text="เรียน คุณสมชาย\n\nขอบคุณครับ\n",
        html="<p lang=th>ขอบคุณครับ</p>", fields={"X-Thai": "หมายเหตุ"},
        files=[File("ใบเสร็จรับเงิน ๒๕๖๙.pdf", "application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")])
