"""https.py - the finished binary behind TLS: clients of other makers, renewal by SIGHUP under load, what it refuses.

    https.py [--binary PATH]
"""
import argparse
import http.client
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from checks import Checks
from pair import Pair
from program import BINARY, ROOT_KEY, Program, until, unwind_on_sigterm


class SecureProgram(Program):
    def connect(self, context, name):
        """A TLS connection that has verified that name."""
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=20), server_hostname=name)

    def status(self, context, name, path="/livez"):
        with self.connect(context, name) as peer:
            return ask(peer, path)


def ask(peer, path="/livez"):
    """The status of one answer on a connection that stays open."""
    peer.sendall(f"GET {path} HTTP/1.1\r\nHost: one.test\r\nAuthorization: Bearer {ROOT_KEY}\r\n\r\n".encode())
    response = http.client.HTTPResponse(peer)
    response.begin()
    response.read()
    return response.status


def s_client(program, *options):
    """What openssl's own client says of the handshake."""
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{program.port}", *options],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=20).stdout


def handshakes(program, pair, checks):
    checks.equal("a client that verifies the certificate is answered", program.status(pair.context(), "one.test"), 200)
    for option, holds in [("-tls1_3", True), ("-tls1_2", True), ("-tls1_1", False)]:
        said = s_client(program, option, "-cipher", "DEFAULT:@SECLEVEL=0")
        checks.equal(f"openssl s_client {option} gets a session", "Cipher is (NONE)" not in said, holds)
    said = s_client(program, "-tls1_2", "-cipher", "AES128-SHA:AES256-GCM-SHA384")
    checks.that("TLS 1.2 without forward secrecy gets none", "Cipher is (NONE)" in said, said)
    checks.that("ALPN agrees on HTTP/1.1", "ALPN protocol: http/1.1" in s_client(program, "-alpn", "h2,http/1.1"))
    checks.that("a client of HTTP/2 only is told so", "no application protocol" in s_client(program, "-alpn", "h2"))
    clear = http.client.HTTPConnection("127.0.0.1", program.port, timeout=20)
    clear.request("GET", "/livez")
    answer = clear.getresponse()
    checks.equal("clear text is a 400", answer.status, 400)
    checks.that("that says why", b"HTTPS" in answer.read())


def commands(program, checks):
    code, output = program.run("healthcheck")
    checks.equal(f"`postrider healthcheck` says that it is well {output.strip()}", code, 0)
    code, output = program.run("domain", "list")
    checks.equal(f"`postrider domain list` is answered {output.strip()}", code, 0)


class Load:
    """Clients that connect again and again, believe everything, and write down what they were shown."""

    def __init__(self, program):
        self.program, self.over = program, threading.Event()
        self.answered, self.problems, self.shown = 0, [], set()
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.threads = [threading.Thread(target=self.run) for _ in range(8)]

    def run(self):
        while not self.over.is_set():
            try:
                with self.program.connect(self.context, "any.test") as peer:
                    self.shown.add(peer.getpeercert(binary_form=True))
                    self.answered += ask(peer) == 200
            except OSError as error:
                self.problems.append(str(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def shows(program, context, name):
    try:
        return program.status(context, name) == 200
    except ssl.SSLCertVerificationError:
        return False


def renewals(program, pair, checks):
    """Ten new pairs while clients come and go, and one connection from before the first."""
    old = program.connect(pair.context(), "one.test")
    ask(old)
    made = {pair.der()}
    with Load(program) as load:
        for number in range(10):
            name = f"renewed-{number}.test"
            pair.renew(name)
            made.add(pair.der())
            context = pair.context()
            program.process.send_signal(signal.SIGHUP)
            checks.that(f"SIGHUP shows {name}", until(lambda: shows(program, context, name), 10))
            before = load.answered
            until(lambda: load.answered >= before + 20, 20)
    checks.none("no client was turned away meanwhile", load.problems)
    checks.equal("each certificate was shown, and no other", load.shown, made)
    checks.that("clients were answered meanwhile", load.answered > 200, f"{load.answered} answers")
    checks.equal("the connection from before goes on", ask(old), 200)


def broken_pairs(program, pair, checks):
    context, key = pair.context(), pair.key.read_bytes()
    for name, content in [("broken", b"no PEM\n"), ("another's", None), ("missing", b"")]:
        if content is None:
            pair.renew("another.test")
            pair.key.write_bytes(key)
        elif content:
            pair.key.write_bytes(content)
        else:
            pair.key.unlink()
        before = program.log.read_text(errors="replace").count("http.tls_key")
        program.process.send_signal(signal.SIGHUP)
        logged = until(lambda: program.log.read_text(errors="replace").count("http.tls_key") > before, 10)
        checks.that(f"a key that is {name} is an error in the log", logged, program.tail())
        checks.equal("and the old pair stays", program.status(context, "renewed-9.test"), 200)


def starts(binary, directory, checks):
    """What stops it, and that SIGHUP without a certificate does no harm."""
    directory.mkdir()
    pair, other = Pair(directory), directory / "other"
    other.mkdir()
    other = Pair(other)
    for setting, path in [("http.tls_certificate", "/nowhere.pem"), ("http.tls_certificate", pair.key),
                          ("http.tls_key", "/nowhere.pem"), ("http.tls_key", other.key)]:
        program = Program(binary, directory, pair.settings | {"root_key": ROOT_KEY, setting: path})
        code, output = program.run("serve")
        checks.equal(f"{setting} = {Path(path).name}: exit status", code, 2)
        checks.that("one line that names the setting", output.count("\n") == 1 and setting in output, output)
        checks.that("and nothing was begun", not (directory / "data").exists())
    with Program(binary, directory, {"root_key": ROOT_KEY}) as program:
        program.start()
        for _ in range(3):
            program.process.send_signal(signal.SIGHUP)
        checks.equal("SIGHUP in clear text changes nothing", program.client().request("GET", "/livez").status, 200)
        checks.equal("it still stops when told", program.stop(), 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=BINARY)
    binary = Path(parser.parse_args().binary).resolve()
    unwind_on_sigterm()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="postrider-https-") as place:
        place = Path(place)
        pair = Pair(place)
        with SecureProgram(binary, place, pair.settings | {"root_key": ROOT_KEY}) as program:
            program.start()
            handshakes(program, pair, checks)
            commands(program, checks)
            renewals(program, pair, checks)
            commands(program, checks)
            broken_pairs(program, pair, checks)
            checks.equal("SIGTERM ends it well", program.stop(), 0)
        starts(binary, place / "starts", checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
