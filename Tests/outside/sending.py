"""sending.py - sending domains as their owner sees them: register, publish what the service says, have it checked."""
import re
from urllib.parse import quote

STRING = 255  # bytes in one string of a TXT record (RFC 1035 §3.3)


def path(domain, *more):
    return "/v1/domains" + "".join("/" + quote(part, safe="") for part in (domain, *more))


def zone_line(record):
    """A record of the API in the words of a zone file, its name absolute."""
    name, kind, value = record["name"].rstrip(".") + ".", record["type"], record["value"]
    if kind == "TXT":
        content = value.encode()
        strings = [content[at:at + STRING].decode() for at in range(0, len(content), STRING)]
        escaped = (re.sub(r'(["\\])', r"\\\1", string) for string in strings)
        return f"{name} TXT " + " ".join(f'"{string}"' for string in escaped)
    if kind == "MX":
        *preference, host = value.split()
        return f"{name} MX {(preference or [record.get('priority', 10)])[0]} {host.rstrip('.')}."
    return f"{name} {kind} {value}"


def holder(name, zones):
    """The zone that a name is in."""
    return max((zone for zone in zones if name == zone or name.endswith("." + zone)), key=len)


class Owner:
    """Has the domains of one service in the zones of `nsd`, which it may change."""

    def __init__(self, program, nsd):
        self.program, self.nsd = program, nsd

    @property
    def client(self):
        """A connection of its own each time: between two calls minutes may pass."""
        return self.program.client()

    def register(self, domain):
        return self.client.request("POST", "/v1/domains", {"name": domain}).expect(201)

    def publish(self, records, without=lambda record: False):
        """Puts records into the zones they belong to, beside what was there at the start."""
        lines = {}
        for record in records:
            name = record["name"].rstrip(".").lower()
            zone = holder(name, self.nsd.zones)
            lines.setdefault(zone, [])
            if not without(record):
                lines[zone].append(zone_line(record))
        for zone, added in lines.items():
            self.nsd.change(zone, self.nsd.zones[zone] + added)

    def get(self, domain):
        return self.client.get(path(domain))

    def verify(self, domain):
        return self.client.request("POST", path(domain, "verify")).expect(200)

    def set_up(self, domain):
        """From nothing to verified; the last answer."""
        self.publish(self.register(domain)["records"])
        return self.verify(domain)

    def rotate(self, domain):
        """New keys, published and activated; the selectors that are new."""
        before = {key["selector"] for key in self.get(domain)["dkim_keys"]}
        made = self.client.request("POST", path(domain, "dkim-keys"), {})
        if made.status == 422:  # one algorithm at a time
            for algorithm in ("rsa-sha256", "ed25519-sha256"):
                self.client.request("POST", path(domain, "dkim-keys"), {"algorithm": algorithm}).expect(201)
        elif made.status not in (200, 201):
            made.expect(201)
        self.publish(self.get(domain)["records"])
        self.verify(domain)
        new = {key["selector"] for key in self.get(domain)["dkim_keys"]} - before
        for selector in sorted(new):
            self.client.request("POST", path(domain, "dkim-keys", selector, "activate")).expect(200)
        return new
