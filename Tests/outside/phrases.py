"""phrases.py - words in many scripts, and every text, name and filename that a mail path likes to spoil."""

SCRIPTS = {
    "Latin": "All work and no play makes a dull day",
    "Thai": "สวัสดีครับ ยินดีต้อนรับสู่บริการส่งจดหมาย กรุณายืนยันที่อยู่ของท่าน",
    "Chinese": "您好，欢迎使用邮件发送服务，请确认您的地址。",
    "Arabic": "مرحبًا بكم في خدمة البريد، يرجى تأكيد عنوانكم",
    "Hebrew and Latin": "שלום עולם ABC \u200f123\u200e",
    "Emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇹🇭 📬",
    "Cyrillic": "Здравствуйте, подтвердите ваш адрес",
    "Combining": "Z\u0351\u036ba\u0303\u0323l\u0335g\u0321o\u0327 e\u0301 i\u0308\u0331",
    "Accents": "naïve café, Jürgen Ünal, ß",
}

LOOKALIKE = "=?utf-8?q?x?="

TEXTS = [
    "",
    "=",
    "x",
    ".",
    "..",
    "no line end",
    ".\n..\n...\n.hidden\nlast\n.",
    "\n.\n\n.\n",
    "\r\n.\r\n.\r\n",
    "From \n",
    "From the start\nFrom: not a header\n>From quoted\nFrom again",
    "w" * 2000,
    "w" * 2000 + "\n" + "y" * 998 + "\n" + "z" * 999 + "\n.\n",
    "ก" * 2000 + " ข" * 30,
    "trailing spaces   \ntrailing tab\t\n   \n\t\nend ",
    "\ttabs\tin\tthe\tmiddle\n\t\n",
    "CRLF line\r\nLF line\nlast\r\n",
    "CR only\rsecond\rthird\r",
    "mixed\rone\r\ntwo\nthree\r\r\nfour\n\r\nfive",
    "\n\n\nempty lines around\n\n\n",
    "= equals =3D =\nsoft=\n=\n==\n=41",
    f"{LOOKALIKE} {LOOKALIKE}\n{LOOKALIKE}",
    "emoji \U0001f4ec and a \u200bzero width, \u2028separator, \u0085next line, \ufeffBOM",
    "-- \nsignature\n--boundary\n--=_\n--\n----=_Part_1\n--=_Part_1--",
    "Content-Type: text/html\n\n<b>not a part</b>\n",
    ("All work and no play makes a dull day.\n" * 60)[:2000],
    "long Thai " + SCRIPTS["Thai"] * 40,
]

HTMLS = [
    "<p>It is <b>4711</b>.</p>",
    f"<!doctype html>\n<p lang=th>{SCRIPTS['Thai']}</p>\n.\n",
    f"<p dir=rtl>{SCRIPTS['Arabic']}</p>\r\n",
    "<pre>\n.\n..\n" + "w" * 2000 + "\n</pre>   ",
    "<a href=\"https://acme.example/?a=1&b=%20=\">=</a>",
    "<p>" + "word " * 1000 + "</p>",
    "<p>" + SCRIPTS["Emoji"] * 30 + "</p>\nFrom here\n",
]

NAMES = [
    "", "Bob", "Doe, John", 'John "JD" Doe', "back\\slash", "O'Brien", "J. P. Morgan", "a@b.test", "<angle>",
    "Group: x;", "(comment)", "semi;colon", LOOKALIKE, f"Bob {LOOKALIKE}", "=?", "percent % sign", "Ünal, Jürgen",
    '"', "ends with \\", "two  spaces", "a very long name that goes on and on " * 4 + "and ends", *SCRIPTS.values(),
    SCRIPTS["Thai"] * 3,
]

LOCAL_PARTS = ["user", "first.last", "a+tag", "o'hara", "x" * 60, "!#$%&'*/=?^_`{|}~", '"quoted local"', '"a..b"',
               '"at@inside"', '"quote\\"inside"']

SUBJECTS = [
    "", "Your code", "Re: " + "long " * 60, f"naïve = ?_ {LOOKALIKE}", LOOKALIKE, f"{LOOKALIKE} {LOOKALIKE}",
    "a" * 990, "ก" * 300, "tail of " + "👩‍👩‍👧‍👦" * 20, "two  spaces   three", "=?broken", "Subject: again", "q=3D _ ?",
    *SCRIPTS.values(),
]

FILENAMES = [
    "a.pdf", "with space.txt", 'a "quoted" name.txt', "semi;colon.txt", "100%.txt", "50%25 off.txt", "back`tick.txt",
    f"{LOOKALIKE}.txt", "it's.txt", "comma, name.csv", "(parens).txt", "=.txt",
    "รายงานประจำปี ๒๕๖๙.pdf", "تقرير سنوي.pdf",
    "报告.docx", "résumé.pdf", "👩‍👩‍👧‍👦.png", "ยาวมาก" * 13 + ".txt", "long-" * 40 + ".bin", "long words " * 15 + ".txt",
    "utf-8''x.txt", "no extension", ".hidden",
]

FIELDS = {
    "X-Campaign": "spring-2026",
    "X-Long": "several words that have to be folded because there are so many of them " * 6 + "end",
    "X-Long-Word": "w" * 700,
    "X-Thai": SCRIPTS["Thai"] * 2,
    "X-Emoji": SCRIPTS["Emoji"],
    "X-Two-Spaces": "a  b   c",
    "X-Lookalike": LOOKALIKE,
    "X-Punctuation": "a; b=\"c d\", (e) <f@g.test> \\ : @",
    "List-ID": "<news.acme.example>",
    "References": " ".join(f"<{n:020}@acme.example>" for n in range(30)),
    "In-Reply-To": "<00000000000000000029@acme.example>",
    "Auto-Submitted": "auto-generated",
    "Feedback-ID": "1:2:3:acme",
}

UNSUBSCRIBE = [
    "<https://acme.example/unsubscribe?token=" + "t" * 200 + ">",
    "<mailto:unsubscribe@acme.example?subject=unsubscribe>",
    "<mailto:unsubscribe@acme.example>, <https://acme.example/u/4711>",
    "<https://acme.example/u?lists=1,2,3>, <mailto:unsubscribe@acme.example>",
]
