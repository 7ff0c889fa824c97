"""schema_hooks.py - what Schemathesis must know of this service that no schema can say; schema.py has it load this.

Times are to come soon: `send_at` is at most 60 days ahead and an expiry is not past, and a description that does not change
cannot say when now is. And nothing is asked to wait for long.
"""
import datetime

import schemathesis
from hypothesis import strategies

SOON = 50 * 24 * 3600


def moment(seconds):
    """RFC 3339, so many seconds from now."""
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


schemathesis.openapi.format("date-time", strategies.integers(600, SOON).map(moment))


def in_future(value, name=None):
    """Examples keep their form; the times in them that must be to come, come."""
    if isinstance(value, dict):
        return {key: in_future(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_future(inner, name) for inner in value]
    return moment(24 * 3600) if name in ("send_at", "expires_at") and isinstance(value, str) else value


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict):
                continue
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content.update(examples=in_future(content.get("examples", {})))


@schemathesis.hook
def map_headers(context, headers):
    """The wait that the description shows as an example is a long one for so many requests."""
    if headers and str(headers.get("Prefer", "")).startswith("wait="):
        headers["Prefer"] = "wait=1"
    return headers
