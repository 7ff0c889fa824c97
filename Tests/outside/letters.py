"""letters.py - the messages of the interop test: plain ones, and every body that a mail path likes to spoil."""

THAI = "สวัสดีครับ ยินดีต้อนรับสู่บริการส่งจดหมาย กรุณายืนยันที่อยู่ของท่าน"

TEXTS = [
    "Your code is 4711.\n",
    "no line end",
    THAI + "\n" + THAI,
    ".\n..\n...\n.hidden\nlast\n.",
    "\n.\n\n.\n",
    "From the start\nFrom: not a header\n>From quoted\n",
    "x" * 5000 + "\n" + "y" * 998 + "\n" + "z" * 999,
    "trailing spaces   \ntrailing tab\t\n   \n\t\nend ",
    "CRLF line\r\nLF line\nlast\r\n",
    "\n\n\nempty lines around\n\n\n",
    "= equals =3D =\nsoft=\n",
    "emoji \U0001f4ec and a \u200bzero width, naïve café, \u2028separator",
    "-- \nsignature\n--boundary\n--=_\n",
    ("All work and no play makes a dull day.\n" * 60)[:2000],
    "long Thai " + THAI * 80,
    "a 200 KB letter\n" + "0123456789 abcdefghijklmnopqrstuvwxyz .\n" * 5000,
]
HTMLS = [
    "<p>It is <b>4711</b>.</p>",
    f"<!doctype html>\n<p lang=th>{THAI}</p>\n.\n",
    "<pre>\n.\n..\n" + "w" * 1200 + "\n</pre>   ",
]
SUBJECTS = ["Your code", "ยืนยันที่อยู่ของท่าน", "Re: " + "long " * 60, "naïve = ?_ =?utf-8?q?no?="]


def recipients(number, domains):
    """Whom letter `number` goes to: mostly one, sometimes two at one domain or four over several, in all roles."""
    def address(who, step=0):
        return f"{who}{number}@{domains[(number + step) % len(domains)]}"

    if number % 7 == 3:
        return {"to": [address("one"), address("two")]}
    if number % 5 == 2:
        return {"to": [f"Jürgen Ünal <{address('to')}>"], "cc": [{"email": address("cc", 3), "name": "Carol, C."}],
                "bcc": [address("bcc", 7), address("bcc", 11)]}
    return {"to": address("user")}


def letter(number, domains):
    """The request body of letter `number`; the same number gives the same letter."""
    request = recipients(number, domains) | {
        "from": "Acme <hello@sender.test>", "subject": f"{SUBJECTS[number % len(SUBJECTS)]} {number}",
        "tags": {"kind": "interop"}, "metadata": {"number": str(number)}, "external_id": f"letter-{number}"}
    if number % 3 != 1:
        request["text"] = TEXTS[number % len(TEXTS)]
    if number % 3 != 0:
        request["html"] = HTMLS[number % len(HTMLS)]
    return request
