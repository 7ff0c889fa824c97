"""storm.py - a retry storm: clients that never got their answer ask again and again, over lost answers and restarts.

    storm.py [--binary PATH] [--clients 200] [--kills 5] [--seed N]

Each client has one keyed request, for one message or for a batch, and repeats it until it has had several answers;
most of the time it hangs up before it has read one. Meanwhile the program is killed and started again. In the end each
client's messages exist once, and all that it was answered is the first answer. Development mode; loopback only; bounded
to about two minutes.
"""
import argparse
import http.client
import json
import random
import socket
import sys
import threading
import time
from collections import Counter

from checks import Checks
from program import BINARY, serving, until, unwind_on_sigterm

ANSWERS_WANTED = 4
BATCH = 3
DEADLINE = 90
PASSING = {409: "idempotency_in_progress", 503: "unavailable"}


class StormClient(threading.Thread):
    """One request under one key."""

    def __init__(self, port, number, seed, calm):
        super().__init__(daemon=True)
        self.port, self.number, self.calm = port, number, calm
        self.random = random.Random(f"{seed}/{number}")
        self.is_batch = number % 4 == 0
        self.names = [f"storm-{number}-{n}" for n in range(BATCH if self.is_batch else 1)]
        messages = [{"from": "hello@acme.example", "to": f"{name}@example.net", "subject": name, "text": "Once.",
                     "external_id": name} for name in self.names]
        self.path = "/v1/messages/batch" if self.is_batch else "/v1/messages"
        self.body = json.dumps({"messages": messages} if self.is_batch else messages[0]).encode()
        self.answers, self.problems, self.asked = [], [], 0

    def run(self):
        """After the last kill everyone asks once more."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and not (len(self.answers) >= ANSWERS_WANTED and self.calm.is_set()):
            self.ask()
            time.sleep(self.random.uniform(0, 0.1))
        if len(self.answers) < ANSWERS_WANTED:
            self.problems.append(f"{self.names[0]}: {len(self.answers)} answers in {DEADLINE} s")

    def ask(self):
        self.asked += 1
        if self.random.random() < 0.6 and not self.calm.is_set():
            return self.ask_and_hang_up()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", self.path, self.body, self.fields())
            response = connection.getresponse()
            self.judge(response.status, response.read())
        except (OSError, http.client.HTTPException):
            pass  # The program has just been killed.
        finally:
            connection.close()

    def fields(self):
        return {"Content-Type": "application/json", "Idempotency-Key": f'"key-{self.number}"'}

    def ask_and_hang_up(self):
        """The whole request, and a close (half of them a reset) before the answer is read."""
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(self.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.fields().items()) + "\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as peer:
                peer.sendall(head.encode() + self.body)
                time.sleep(self.random.uniform(0, 0.01))
                if self.random.random() < 0.5:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        except OSError:
            pass

    def judge(self, status, body):
        if status == 202:
            self.answers.append(body)
        elif status not in PASSING or json.loads(body)["code"] != PASSING[status]:
            self.problems.append(f"{self.names[0]}: {status} {body[:300]!r}")

    def ids(self):
        """Of the messages in the first answer."""
        answer = json.loads(self.answers[0])
        return [entry["message"]["id"] for entry in answer["data"]] if self.is_batch else [answer["id"]]


def weather(program, clients, kills, seed):
    """The storm, with kills in it, and its end."""
    chance = random.Random(seed)
    for client in clients:
        client.start()
    for _ in range(kills):
        time.sleep(chance.uniform(0.3, 1.2))
        program.kill()
        time.sleep(chance.uniform(0, 0.3))
        program.start()
    clients[0].calm.set()
    for client in clients:
        client.join(DEADLINE + 30)


def differing(clients):
    for client in clients:
        if len(set(client.answers)) > 1:
            yield f"{client.names[0]}: {len(set(client.answers))} different answers"


def not_once(clients, stored):
    """Each message exists once, and it is the one that was answered."""
    for client in clients:
        for name, id in zip(client.names, client.ids()):
            if stored.get(name) != [id]:
                yield f"{name}: answered {id}, stored {stored.get(name)}"


def main():
    unwind_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20261125)
    arguments, checks = parser.parse_args(), Checks()
    with serving(arguments.binary, "storm", checks) as program:
        calm = threading.Event()
        clients = [StormClient(program.port, n, arguments.seed, calm) for n in range(arguments.clients)]
        weather(program, clients, arguments.kills, arguments.seed)
        checks.none("every client is answered, and with nothing unforeseen", (p for c in clients for p in c.problems))
        answered = [client for client in clients if client.answers]
        stored = {}
        reader = program.client(key=None)
        for message in reader.pages("/v1/messages"):
            stored.setdefault(message["external_id"], []).append(message["id"])
        checks.none("all answers to one key are the first, byte for byte", differing(answered))
        checks.none("each message exists once, as it was answered", not_once(answered, stored))
        checks.equal("and nothing else exists", set(stored), {name for c in clients for name in c.names})
        until(lambda: not reader.get("/v1/messages?status=queued&limit=1")["data"], 60, every=0.2)
        delivered = Counter(m["status"] for m in reader.pages("/v1/messages"))
        checks.equal("all are delivered", set(delivered), {"delivered"})
        print(f"        {sum(c.asked for c in clients)} requests, {sum(len(c.answers) for c in clients)} answers read, "
              f"{sum(delivered.values())} messages", flush=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
