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


def is_past(text):
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return time.tzinfo is not None and time < datetime.datetime.now(datetime.timezone.utc)


def in_future(value, name=None):
    """Times keep their places; those that must be to come, come. Schemathesis takes some from answers and examples."""
    if isinstance(value, dict):
        return {key: in_future(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_future(inner, name) for inner in value]
    if name in ("send_at", "expires_at") and isinstance(value, str) and is_past(value):
        return moment(24 * 3600)
    return value


@schemathesis.hook
def map_body(context, body):
    return in_future(body)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict):
                continue
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content.update(examples=in_future(content.get("examples", {})))
    replay = raw_schema["paths"]["/v1/webhooks/{id}/replay"]["post"]["requestBody"]["content"]
    replay["application/json"]["examples"]["span"]["value"].pop("until")
    components = raw_schema["components"]
    components["parameters"]["Prefer"]["schema"].update(examples=["wait=1"])
    # Who is named must be a recipient of that very message; a project must be there; a span ends after it begins.
    schemas = components["schemas"]
    schemas["RecipientChoice"]["properties"]["recipients"] = {"type": "null"}
    schemas["ApiKeyRequest"]["properties"]["project"] = {"type": "null"}
    schemas["WebhookReplayRequest"]["properties"]["until"] = {"type": "null"}
    # CSV of one column and nothing in quotation marks, of all that may come.
    raw_schema["paths"]["/v1/suppressions/import"]["post"]["requestBody"]["content"]["text/csv"]["schema"] = {
        "type": "string", "pattern": r'^address(\r\n[^"\x00-\x1F\x7F]*)*$'}
    # A form may say a name as JSON and in brackets, but not the same.
    bracketed = schemas["SendForm"]["patternProperties"]
    name = next(name for name in bracketed if "tags" in name)
    bracketed[r"^(tags|metadata)\[[a-z]{30}\]$"] = bracketed.pop(name)
    for path, names in (("/v1/api-keys", ("project",)), ("/v1/stats", ("from", "to"))):
        parameters = raw_schema["paths"][path]["get"]["parameters"]
        parameters[:] = [parameter for parameter in parameters if parameter.get("name") not in names]
    for name in ("cancel", "retry"):
        content = raw_schema["paths"][f"/v1/messages/{{id}}/{name}"]["post"]["requestBody"]["content"]
        content["application/json"]["examples"] = {"all": {"value": {"recipients": None}}}


@schemathesis.hook
def before_call(context, case, kwargs):
    """A stream has no end; this is as long as it is read."""
    if case.operation.path.endswith("/stream"):
        kwargs["timeout"] = 0.2
