"""checks.py - counts what held and what did not, and says so in one line at the end."""
from itertools import islice


class Checks:
    """Every check is a name and the problems found for it: none is a pass."""

    SHOWN = 5

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def none(self, what, problems):
        """`what` holds if `problems` (any iterable of strings) is empty."""
        problems = iter(problems)
        shown = list(islice(problems, self.SHOWN))
        if not shown:
            self.passed += 1
            print(f"  ok    {what}", flush=True)
            return
        self.failed += 1
        print(f"  FAIL  {what}", flush=True)
        for problem in shown:
            print(f"          {problem}", flush=True)
        rest = sum(1 for _ in problems)
        if rest:
            print(f"          and {rest} more", flush=True)

    def that(self, what, holds, detail=""):
        """`what` holds if `holds` is true."""
        self.none(what, [] if holds else [detail or "it does not"])

    def equal(self, what, actual, expected):
        """`what` holds if both are equal."""
        self.that(what, actual == expected, f"expected {expected!r}, got {actual!r}")

    def finish(self):
        """Prints the summary and returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
