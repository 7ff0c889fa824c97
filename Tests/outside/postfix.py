"""postfix.py - a Postfix of our own on a loopback port: offers STARTTLS, files everything into one maildir."""
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from program import until

OWNER = "nobody"
PREPENDED = (b"return-path", b"delivered-to", b"x-original-to", b"received")

MAIN = """
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {state}
myhostname = {hostname}
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.1/32
local_header_rewrite_clients =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ {refused} = 550 5.1.1 no such mailbox }} }}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = may
smtpd_tls_chain_files = {chain}
smtpd_tls_received_header = yes
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {mail}
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
in_flow_delay = 0
alias_maps =
alias_database =
maillog_file = {log}
maillog_file_prefixes = {work}
"""

RELAY = """
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [{address}]:{port}
smtp_dns_support_level = disabled
lmtp_host_lookup = native
"""

LISTENER = "{address}:{port} inet n - n - 100 smtpd\n"
MASTER = """
cleanup   unix n - n - 0  cleanup
qmgr      unix n - n - 1  qmgr
tlsmgr    unix - - n - 1  tlsmgr
rewrite   unix - - n - -  trivial-rewrite
bounce    unix - - n - 0  bounce
defer     unix - - n - 0  bounce
trace     unix - - n - 0  bounce
flush     unix n - n - 0  flush
proxymap  unix - - n - -  proxymap
showq     unix n - n - -  showq
error     unix - - n - -  error
retry     unix - - n - -  error
discard   unix - - n - -  discard
smtp      unix - - n - - smtp
virtual   unix - n n - -  virtual
anvil     unix - - n - 1  anvil
postlog   unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Mail:
    """A message as it was filed: what Postfix put before it, and what it was given (line ends made CRLF again)."""

    prepended: bytes
    content: bytes

    @property
    def message_id(self):
        return self._value(self.content, b"message-id")

    @property
    def delivered_to(self):
        return self._value(self.prepended, b"delivered-to")

    @property
    def queue_id(self):
        """Under which Postfix had it, as its reply to the final dot said."""
        return (self.prepended.partition(b" with ESMTPS id ")[2].split() or [b"?"])[0].decode().rstrip(";")

    @staticmethod
    def _value(fields, name):
        for line in fields.split(b"\r\n"):
            if line.lower().startswith(name + b":"):
                return line.partition(b":")[2].strip().decode()
        return ""


def parted(filed):
    """Splits the fields that Postfix prepends, with their folded lines, from the message itself."""
    lines = filed.replace(b"\n", b"\r\n").split(b"\r\n")
    received = False
    for end, line in enumerate(lines):
        name = line.partition(b":")[0].lower()
        if line[:1] in (b" ", b"\t"):
            continue
        if name not in PREPENDED or (name == b"received" and received):
            break
        received = received or name == b"received"
    return Mail(b"\r\n".join(lines[:end]), b"\r\n".join(lines[end:]))


class Postfix:
    """Runs between `start` and `stop`. Needs root: Postfix changes users."""

    def __init__(self, work, endpoints, domains, refused, hostname="mx.hub.test", next_hop=None):
        """`endpoints` are the addresses and ports on which it listens. With a `next_hop`, one of those, it hands on
        what is not for its `domains`."""
        self.work = Path(work)
        self.config, self.queue, self.state, self.mail = (self.work / n for n in ("config", "queue", "state", "mail"))
        for directory in (self.config, self.queue, self.state, self.mail):
            directory.mkdir()
        os.chmod(self.work, 0o755)
        shutil.chown(self.state, "postfix")
        shutil.chown(self.mail, OWNER)
        account = pwd.getpwnam(OWNER)
        values = dict(vars(self), hostname=hostname, domains=", ".join(domains), refused=refused,
                      chain=self._certificate(hostname), uid=account.pw_uid, gid=account.pw_gid,
                      log=self.work / "maillog.txt")
        listeners = "".join(LISTENER.format(address=address, port=port) for address, port in endpoints)
        relay = RELAY.format(address=next_hop[0], port=next_hop[1]) if next_hop else ""
        (self.config / "main.cf").write_text(MAIN.format(**values) + relay)
        (self.config / "master.cf").write_text(listeners + MASTER)

    def _certificate(self, hostname):
        """A key and a certificate that nobody has signed but itself."""
        key, certificate, chain = (self.work / name for name in ("key.pem", "cert.pem", "chain.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        f"/CN={hostname}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        chain.write_bytes(key.read_bytes() + certificate.read_bytes())
        chain.chmod(0o600)
        return chain

    def command(self, verb):
        return subprocess.run(["postfix", "-c", self.config, verb], capture_output=True, text=True)

    def start(self):
        done = self.command("start")
        if done.returncode or not until(lambda: self.command("status").returncode == 0, 10):
            raise SystemExit(f"Postfix did not start: {done.stderr}{self.log()}")

    def stop(self):
        self.command("stop")

    def log(self, lines=20):
        path = self.work / "maillog.txt"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def filed(self):
        """How many messages lie in the maildir."""
        inbox = self.mail / "inbox" / "new"
        return sum(1 for _ in inbox.iterdir()) if inbox.exists() else 0

    def mails(self):
        return [parted(path.read_bytes()) for path in (self.mail / "inbox" / "new").iterdir()]
