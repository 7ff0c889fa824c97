"""secrets_at_rest.py - looks for secrets in every file that the service has written."""
import base64
import re
import stat

# PKCS#8 of an RSA key (RFC 5208): SEQUENCE, version 0, rsaEncryption, OCTET STRING; and PKCS#1 of 2048 bits.
RSA = re.compile(rb"\x30\x82..\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82"
                 rb"|\x30\x82..\x02\x01\x00\x02\x82\x01\x01\x00", re.DOTALL)
ED25519 = re.compile(rb"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", re.DOTALL)  # RFC 8410 §7
PEM = re.compile(  # or what is in one
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|MII[A-Za-z0-9+/]{2}[AQgw]IB(?:ADANBgkqhkiG9w0B|AAKCAQEA)|MC4CAQAwBQYDK2Vw")


def written(directory):
    """The files of the data directory, with SQLite's log beside the database."""
    return [path for path in sorted(directory.rglob("*")) if path.is_file()]


def leaks(directory, secrets):
    """`secrets` are texts; a webhook's (whsec_…) is looked for as its bytes too."""
    for path in written(directory):
        content = path.read_bytes()
        yield from (f"{path.name}: {pattern.pattern[:30]!r}… at {found.start()}" for pattern in (RSA, ED25519, PEM)
                    if (found := pattern.search(content)))
        for secret in secrets:
            forms = [secret.encode(), secret.removeprefix("whsec_").encode()]
            if secret.startswith("whsec_"):
                forms.append(base64.b64decode(secret.removeprefix("whsec_")))
            if any(form in content for form in forms):
                yield f"{path.name}: the secret {secret[:8]}…"


def lax_modes(directory):
    """The directory is its owner's alone, and so is the master key."""
    for path, mode in ((directory, 0o700), (directory / "master.key", 0o600)):
        if not path.exists() or (found := stat.S_IMODE(path.stat().st_mode)) != mode:
            yield f"{path.name}: {oct(found) if path.exists() else 'missing'}, not {oct(mode)}"
