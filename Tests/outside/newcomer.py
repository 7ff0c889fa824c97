"""newcomer.py - does what the README tells a newcomer to do, in an empty directory, with the finished binary.

    newcomer.py [--binary PATH]

The README's first three `curl` commands are run as they stand there, but for the port.
"""
import argparse
import re
import subprocess
import sys

from checks import Checks
from program import BINARY, ROOT, Program, serving, until, unwind_on_sigterm

DEFAULT_ADDRESS = "127.0.0.1:8080"


def curls():
    """The shell blocks of the README that are curl commands, in their order."""
    blocks = re.findall(r"(?s)```sh\n(.*?)```", (ROOT / "README.md").read_text())
    return [block for block in blocks if block.startswith("curl ")]


def shell(command, port):
    """What the command prints, errors too."""
    command = command.replace(DEFAULT_ADDRESS, f"127.0.0.1:{port}")
    return subprocess.run(["bash", "-c", command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30).stdout


def says(text, status):
    """Whether JSON that a person reads names this status, however it is spaced."""
    return f'"status":"{status}"' in text.replace(" ", "")


def first_visit(program, checks):
    """Send, look, be delivered, find it in the sandbox."""
    send, show, attach = curls()[:3]
    answer = shell(send, program.port)
    checks.that("the README's first curl is accepted", says(answer, "queued"), answer)
    delivered = until(lambda: says(shell(show, program.port), "delivered"), 15)
    checks.that("the README's second curl shows it delivered", delivered, shell(show, program.port))
    caught = program.client(key=None).get("/v1/sandbox/messages")["data"]
    checks.equal("the sandbox has it", len(caught), 1)
    answer = shell(attach, program.port)
    checks.that("the README's third curl, a form with a file, is accepted", says(answer, "queued"), answer)
    code, output = program.run("healthcheck")
    checks.equal(f"`postrider healthcheck` says that it is well {output.strip()}", code, 0)


def reading(program, checks):
    """The pages that the program makes of its own description."""
    page = program.client(key=None).request("GET", "/docs").body.decode()
    checks.that("/docs shows the API in a browser", "/v1/messages/batch" in page and "<script" not in page, page[:300])
    page = program.client(key=None).request("GET", "/problems/conflict", headers={"Accept": "text/html"}).body.decode()
    checks.that("a problem has a page", page.startswith("<!doctype html>") and "conflict" in page, page[:300])


def second_start(program, checks):
    """One data directory, one program, whatever the port."""
    code, output = Program(program.binary, program.directory).run("serve", "--dev")
    checks.that("a second start on the same data directory is refused", code != 0, "exit code 0")
    checks.that("it says why", "data" in output, output)


def farewell(program, checks):
    """SIGTERM, and nothing is forgotten."""
    checks.equal("SIGTERM ends it with 0", program.stop(), 0)
    code, _ = program.run("healthcheck")
    checks.that("`postrider healthcheck` says that it is gone", code != 0, "exit code 0")
    program.start()
    kept = program.client(key=None).get("/v1/messages")["data"]
    checks.equal("the message is there after a restart", [m["status"] for m in kept], ["delivered"] * 2)


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    arguments, checks = parser.parse_args(), Checks()
    with serving(arguments.binary, "newcomer", checks) as program:
        said = program.output.read_text() + program.log.read_text()
        checks.that("it prints a curl line to try", "curl " in said, said)
        first_visit(program, checks)
        reading(program, checks)
        second_start(program, checks)
        farewell(program, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
