"""lifecycle.py - a sending domain from its registration to its removal, on the API and on the command line."""
from program import until
from sending import path

PURPOSES = {"dkim", "spf", "dmarc"}
SENDER, CLI = "send.test", "cli.test"
SECONDS = 10  # for an event to be there and posted
SECONDS_OF_SILENCE = 60  # that a question without an answer may take in all


def statuses(domain, purpose="dkim"):
    return {record["status"] for record in domain["records"] if record["purpose"] == purpose}


def states(domain):
    return sorted((key["algorithm"], key["state"]) for key in domain["dkim_keys"])


def first_steps(owner, checks):
    """Registered, nothing published; published wrongly; published."""
    made = owner.register(SENDER)
    checks.equal("a new domain is pending",
                 (made["object"], made["name"], made["status"]), ("domain", SENDER, "pending"))
    checks.that("it lists its records", PURPOSES <= {record["purpose"] for record in made["records"]}, made["records"])
    checks.equal("it has both keys", states(made), [("ed25519-sha256", "publishing"), ("rsa-sha256", "publishing")])
    names = [record["name"].rstrip(".") for record in made["records"]]
    checks.equal("its records are at names of its own", [n for n in names if not f".{n}".endswith(f".{SENDER}")], [])

    before = owner.verify(SENDER)
    checks.equal("without records it stays pending", (before["status"], statuses(before)), ("pending", {"missing"}))

    owner.publish([r | {"value": "v=DKIM1; k=rsa; p=AAAA"} if r["purpose"] == "dkim" else r for r in made["records"]])
    wrong = owner.verify(SENDER)
    checks.equal("with wrong keys it stays pending", (wrong["status"], statuses(wrong)), ("pending", {"differs"}))
    found = [r["found"] for r in wrong["records"] if r["purpose"] == "dkim"]
    checks.equal("it says what was found", found, [["v=DKIM1; k=rsa; p=AAAA"]] * 2)

    owner.publish(made["records"])
    verified = owner.verify(SENDER)
    checks.equal("with its records it is verified", verified["status"], "verified")
    checks.equal("every record is ok", {r["status"] for r in verified["records"]}, {"ok"})
    checks.equal("both keys are active", states(verified), [("ed25519-sha256", "active"), ("rsa-sha256", "active")])
    checks.equal("GET says the same", owner.get(SENDER), verified)


def refusals(owner, checks):
    def status(method, *more, body=None):
        return owner.client.request(method, path(*more) if more else "/v1/domains", body).status

    active = next(key["selector"] for key in owner.get(SENDER)["dkim_keys"] if key["state"] == "active")
    checks.equal("a domain is registered once", status("POST", body={"name": SENDER}), 409)
    checks.equal("names that are none are refused", {
        status("POST", body={"name": name}) for name in ("", "no_dots", "a..test", "a b.test", "x\r\ny.test", "\0.test",
                                                        "127.0.0.1", "[127.0.0.1]", "a" * 64 + ".test")}, {422})
    checks.equal("an unknown domain is not found", {
        status("GET", "nobody.test"), status("POST", "nobody.test", "verify"), status("DELETE", "nobody.test")}, {404})
    checks.equal("an active key cannot be deleted", status("DELETE", SENDER, "dkim-keys", active), 409)
    listed = owner.client.get("/v1/domains")
    checks.that("the list has the domain", SENDER in [d["name"] for d in listed["data"]], listed)


def failing(owner, receiver, checks):
    """A record is taken away: the status, the event in the log, the webhook; and back again."""
    domain = owner.get(SENDER)
    active = {key["selector"] for key in domain["dkim_keys"] if key["state"] == "active"}
    owner.publish(domain["records"], without=lambda r: r["name"].partition("._domainkey.")[0] in active)
    checks.equal("without its keys' records it is failing", owner.verify(SENDER)["status"], "failing")
    owner.verify(SENDER)

    def logged():
        return owner.client.get("/v1/events?types=domain.failing")["data"]

    until(lambda: logged() and receiver.posts, SECONDS)
    checks.equal("one event says so", [(e["type"], e["data"]["domain"]["name"], e["data"]["domain"]["status"])
                                       for e in logged()], [("domain.failing", SENDER, "failing")])
    checks.equal("it was posted", [post.event["id"] for post in receiver.posts], [e["id"] for e in logged()])
    owner.publish(domain["records"])
    checks.equal("with its records it is verified again", owner.verify(SENDER)["status"], "verified")


def rotation(owner, checks):
    """Returns the selectors that sign from now on."""
    old = {key["selector"] for key in owner.get(SENDER)["dkim_keys"] if key["state"] == "active"}
    early = owner.client.request("POST", path(SENDER, "dkim-keys"), {"algorithm": "rsa-sha256"})
    unseen = {key["selector"] for key in owner.get(SENDER)["dkim_keys"] if key["state"] == "publishing"}
    checks.that("a key can be added", early.status in (200, 201) and unseen, early.body)
    for selector in unseen:
        activated = owner.client.request("POST", path(SENDER, "dkim-keys", selector, "activate")).status
        checks.equal("a key that nobody can see is not activated", activated, 409)
        deleted = owner.client.request("DELETE", path(SENDER, "dkim-keys", selector)).status
        checks.that("a key that was never active can be deleted", deleted in (200, 204), deleted)
    new = owner.rotate(SENDER)
    domain = owner.get(SENDER)
    state = {key["selector"]: key["state"] for key in domain["dkim_keys"]}
    checks.equal("new keys sign, old ones are retired", (
        {state.get(s) for s in new}, {state.get(s) for s in old}), ({"active"}, {"retired"}))
    checks.equal("a domain with new keys is verified", owner.verify(SENDER)["status"], "verified")
    return {key["selector"] for key in domain["dkim_keys"] if key["state"] == "active"}


def command_line(program, owner, checks):
    """The same from the command line: it exits with 0 and prints what the API says."""
    def run(*arguments):
        code, output = program.run("domain", *arguments)
        checks.equal(f"postrider domain {' '.join(arguments)} exits with 0", (code, code and output), (0, 0))
        return output

    added = run("add", CLI)
    domain = owner.get(CLI)
    values = [record["value"] for record in domain["records"]]
    checks.equal("list names the domains", [n for n in (CLI, SENDER) if n not in run("list")], [])
    shown = "".join(c for c in run("dns", CLI) if c not in '" \n\t\\()')
    checks.equal("dns shows every record", [v for v in values if v.replace(" ", "").rstrip(".") not in shown], [])
    checks.that("add tells about the domain", CLI in added, added)
    early = program.run("domain", "verify", CLI)
    checks.that("verify fails while records are missing", early[0] not in (0, None) and "missing" in early[1], early)
    owner.publish(domain["records"])
    told = run("verify", CLI)
    checks.that("verify finds them", owner.get(CLI)["status"] == "verified" and "missing" not in told, told)
    code, output = program.run("domain", "verify", "nobody.test")
    checks.that("an unknown domain is a failure", code not in (0, None) and output, (code, output))
    rotate(run, owner, checks)


def rotate(run, owner, checks):
    """New keys from the command line, in the two steps that the manual names."""
    before = {key["selector"] for key in owner.get(CLI)["dkim_keys"]}
    told = run("rotate", CLI)
    new = {key["selector"] for key in owner.get(CLI)["dkim_keys"]} - before
    checks.that("rotate names its new keys", new and all(selector in told for selector in new), told)
    owner.publish(owner.get(CLI)["records"])
    run("rotate", CLI, "--activate")
    active = {key["selector"] for key in owner.get(CLI)["dkim_keys"] if key["state"] == "active"}
    checks.equal("rotate --activate lets them sign", active, new)


def silence(owner, checks):
    """When the name server does not answer, nothing is known, and nothing changes."""
    owner.nsd.stop()
    client = owner.client
    client.connection.timeout = SECONDS_OF_SILENCE
    answer = client.request("POST", path(SENDER, "verify"))
    checks.equal("without an answer from DNS it stays as it was", owner.get(SENDER)["status"], "verified")
    checks.that("and verify does not say that records are missing", answer.status != 200 or
                not {"missing", "differs"} & {r["status"] for r in answer.json["records"]}, answer.body[:600])
    owner.nsd.start()


def removal(owner, checks):
    deleted = owner.client.request("DELETE", path(SENDER)).status
    checks.that("a domain can be removed", deleted in (200, 204), deleted)
    checks.equal("then it is not found", owner.client.request("GET", path(SENDER)).status, 404)
