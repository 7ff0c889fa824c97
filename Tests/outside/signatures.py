"""signatures.py - two verifiers of DKIM signatures that are not ours, dkimpy and OpenDKIM, and what the tags must say.

dkimpy comes from Debian's python3-dkim, so this runs with Debian's own python3. Both ask the name server for the keys.
"""
import re
import subprocess
from collections import Counter
from pathlib import Path
from time import time

import dkim

from nameserver import texts
from wire import fields

ALGORITHMS = ("ed25519-sha256", "rsa-sha256")
OVERSIGNED = ("from", "to", "cc", "subject", "date", "reply-to", "message-id", "mime-version", "content-type",
              "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post")
LIFETIME = 5 * 86400  # the default of delivery.lifetime, in seconds
FILES_AT_ONCE = 250  # of OpenDKIM, which takes them in one argument

OPENDKIM = """
Mode v
Nameservers 127.0.0.1@{port}
ResolverConfiguration {work}/unbound.conf
AuthservID verifier.test
"""
UNBOUND = """
server:
    do-not-query-localhost: no
    module-config: "iterator"
    local-zone: "test." nodefault
"""
RESULT = re.compile(
    r"dkim=(\w+)(?: reason=\"[^\"]*\")?(?: \([^)]*\))? header\.d=(\S+).*? header\.a=(\S+) header\.s=(\S+)")


def signatures(content):
    """The tags of each DKIM-Signature field, in the order in which they stand."""
    head = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    return [tags(value.decode()) for name, value in fields(head) if name == b"dkim-signature"]


def tags(value):
    """RFC 6376 §3.2."""
    pairs = (pair.partition("=") for pair in value.split(";") if pair.strip())
    return {name.strip(): re.sub(r"\s+", "", found) for name, _, found in pairs}


def flaws(content, domain, algorithms=ALGORITHMS):
    """What the signatures' tags say wrongly: one for each algorithm, of the From domain, as the issue asks for them."""
    found = signatures(content)
    if sorted(s.get("a", "") for s in found) != sorted(algorithms):
        yield f"signatures {[s.get('a') for s in found]}, not {list(algorithms)}"
    names = Counter(name.decode() for name, _ in fields(content.partition(b"\r\n\r\n")[0] + b"\r\n"))
    for signature in found:
        if (signature.get("d"), signature.get("c")) != (domain, "relaxed/relaxed"):
            yield f"d={signature.get('d')} c={signature.get('c')}"
        if "l" in signature:
            yield f"l={signature['l']}"
        signed = Counter(signature.get("h", "").lower().split(":"))
        yield from (f"{name} is signed {signed[name]} times, there are {names[name]}"
                    for name in OVERSIGNED if signed[name] != names[name] + 1)
        made, ends = (int(signature.get(name, 0)) for name in "tx")
        if abs(made - time()) > 3600 or ends - made <= LIFETIME:
            yield f"t={made} x={ends} at {int(time())}"


class Verifiers:
    """Both verifiers, with the keys that the name server at `port` has."""

    def __init__(self, work, port):
        self.work, self.port, self.keys = Path(work), port, {}
        (self.work / "unbound.conf").write_text(UNBOUND)
        (self.work / "opendkim.conf").write_text(OPENDKIM.format(port=port, work=work))
        self.batches = 0

    def _key(self, name, timeout=5):
        name = name.decode().rstrip(".")
        if name not in self.keys:
            self.keys[name] = (texts(self.port, name) or [None])[0]
        return self.keys[name]

    def dkimpy(self, contents):
        """Problems that dkimpy has with the signatures."""
        for content in contents:
            for at, signature in enumerate(signatures(content)):
                try:
                    if not dkim.DKIM(content).verify(at, dnsfunc=self._key):
                        yield f"{signature.get('a')} does not verify: {content[:2500]!r}"
                except (dkim.DKIMException, ValueError) as error:
                    yield f"{signature.get('a')}: {error!r}: {content[:2500]!r}"

    def opendkim(self, contents):
        """Problems that OpenDKIM has: each signature of each message must be reported as a pass."""
        contents = list(contents)
        for start in range(0, len(contents), FILES_AT_ONCE):
            batch = contents[start:start + FILES_AT_ONCE]
            for content, results in zip(batch, self._results(batch)):
                expected = Counter((s.get("d"), s.get("a"), s.get("s")) for s in signatures(content))
                if Counter(results) != expected:
                    yield f"passed {results}, signed {dict(expected)}: {content[:2500]!r}"

    def _results(self, contents):
        """For each message (domain, algorithm, selector) of every signature that passed."""
        self.batches += 1
        paths = [self.work / f"{self.batches}-{at}.eml" for at in range(len(contents))]
        for path, content in zip(paths, contents):
            path.write_bytes(content)
        done = subprocess.run(["opendkim", "-x", self.work / "opendkim.conf", "-vv", "-t", ",".join(map(str, paths))],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60)
        for path in paths:
            path.unlink()
        results = {}
        for block in done.stdout.split("### INSHEADER: ")[1:]:
            if judged := re.search(r"opendkim: (\S+\.eml): ", block):
                results[judged.group(1)] = [m.groups()[1:] for m in RESULT.finditer(block) if m.group(1) == "pass"]
        return [results.get(str(path), []) for path in paths]
