"""schema.py - whether the service does what openapi.yaml says, and openapi.yaml says what the service does.

openapi-spec-validator reads the description that the service serves; then Schemathesis sends thousands of requests that
it derives from it, right and wrong ones, alone and along its links, and holds every answer against it with all its
checks. Both come from PyPI.

The service runs with --dev, so that its sandbox is there and no mail leaves the machine. What needs no key in that mode
comes from programs on this machine; every request here says that a page in a browser has made it (Sec-Fetch-Site), for
which keys count as always: so ignored_auth is a check like the others.
"""
import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

from packages import need

need("openapi-spec-validator==0.9.0", "schemathesis==4.32.5")

from checks import Checks  # noqa: E402
from program import BINARY, ROOT_KEY, serving, unwind_on_sigterm  # noqa: E402

LEAST_EXAMPLES = 2000
MOST_SECONDS = 600
LONGEST_ANSWER = 32  # a webhook's test waits for it as long as its owner says, 30 s at most
HOOKS = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schema_hooks.py"))}


def is_valid(document, checks):
    """OpenAPI's own schema, with every reference followed."""
    done = subprocess.run([sys.executable, "-m", "openapi_spec_validator", document], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    checks.that("openapi-spec-validator has nothing to say", done.returncode == 0, done.stdout[-2000:])


def schemathesis(port, report, examples, seed):
    """The command of one run; a failure in one request does not keep others from being found."""
    return [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/openapi.yaml",
            "--checks", "all", "--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure",
            "--header", f"Authorization: Bearer {ROOT_KEY}", "--header", "Sec-Fetch-Site: cross-site",
            "--request-timeout", str(LONGEST_ANSWER), "--max-response-time", str(LONGEST_ANSWER),
            "--report", "json", "--report-json-path", str(report)]


def counts(report, checks):
    """What the run says of itself: enough of it, and all of it."""
    run = json.loads(report.read_text())
    cases, operations = run["test_cases"]["generated"], run["operations"]
    checks.that(f"{cases} requests were made", cases >= LEAST_EXAMPLES, f"fewer than {LEAST_EXAMPLES}")
    checks.equal("every operation was among them", operations["tested"], operations["total"])
    checks.equal("every phase came to its end", run["stop_reason"], "completed")


def agrees(program, report, arguments, checks):
    """All checks of Schemathesis, in all its phases."""
    command = schemathesis(program.port, report, arguments.examples, arguments.seed)
    try:
        done = subprocess.run(command, cwd=report.parent, env=os.environ | HOOKS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        checks.that(f"Schemathesis ends within {MOST_SECONDS} s", False, output[-3000:])
        return
    checks.that("Schemathesis finds nothing", done.returncode == 0, done.stdout[-arguments.shown:])
    checks.that(f"it has come to its end, with {done.returncode}", done.returncode in (0, 1))
    if done.returncode in (0, 1):
        counts(report, checks)


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--examples", type=int, default=50, help="of each operation, at most (default: 50)")
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--shown", type=int, default=20_000, help="how many characters of a failure are shown")
    arguments, checks = parser.parse_args(), Checks()
    print(f"Schemathesis {importlib.metadata.version('schemathesis')}", flush=True)
    with serving(arguments.binary, "schema", checks, {"root_key": ROOT_KEY}) as program:
        document = program.directory / "openapi.yaml"
        document.write_bytes(program.client().request("GET", "/openapi.yaml").body)
        is_valid(document, checks)
        agrees(program, program.directory / "report.json", arguments, checks)
        checks.that("the service is still there", program.process.poll() is None, program.tail())
        errors = [line for line in program.log.read_text(errors="replace").splitlines() if '"error"' in line]
        checks.none("it has logged no error", errors)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
