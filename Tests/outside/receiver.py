"""receiver.py - a webhook endpoint that keeps every post and can judge its signature."""
import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    id: str
    timestamp: str
    signature: str
    body: bytes

    @property
    def event(self):
        return json.loads(self.body)

    def is_signed_with(self, secret):
        """Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body` with the decoded secret."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.timestamp}.".encode() + self.body
        expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        return expected in self.signature.split(" ")


class Receiver(ThreadingHTTPServer):
    """Listens on loopback, answers 204 to every post."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Keeper)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/events"
        self.posts = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A sender that is killed in mid-request is no news."""


class Keeper(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = (self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        self.server.posts.append(Post(*fields, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass
