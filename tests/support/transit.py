"""A small stand-in for Vault's transit engine: it checks requests strictly, and wraps for real."""

import json
import threading
from base64 import b64decode, b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.of-the-tests"


@dataclass
class Transit:
    """One key; ``status`` other than 0 is what everybody is answered."""

    url: str = ""
    keys: list[AESGCM] = field(default_factory=lambda: [AESGCM(b"1" * 32)])
    requests: list[str] = field(default_factory=list)
    status: int = 0
    body: bytes = b""
    seconds: float = 0.0

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        self.requests.append(path)
        if self.status:
            return self.status, self.body
        assert headers["X-Vault-Token"] == TOKEN
        assert headers["X-Vault-Request"] == "true"
        assert headers["Content-Type"] == "application/json"
        sent = json.loads(body)
        if path == "/v1/transit/keys/limen/rotate":
            assert sent == {}
            self.keys.append(AESGCM(bytes([len(self.keys) + 49]) * 32))
            return 204, b""
        aad = b64decode(sent.pop("associated_data"), validate=True)
        if path == "/v1/transit/encrypt/limen":
            [plaintext] = [b64decode(sent.pop("plaintext"), validate=True)]
            assert not sent
            nonce = len(self.requests).to_bytes(12, "big")
            sealed = nonce + self.keys[-1].encrypt(nonce, plaintext, aad)
            text = f"vault:v{len(self.keys)}:{b64encode(sealed).decode()}"
            return 200, json.dumps({"data": {"ciphertext": text, "key_version": len(self.keys)}}).encode()
        assert path == "/v1/transit/decrypt/limen"
        _, version, text = sent.pop("ciphertext").split(":")
        assert not sent
        sealed = b64decode(text, validate=True)
        try:
            found = self.keys[int(version[1:]) - 1].decrypt(sealed[:12], sealed[12:], aad)
        except InvalidTag:
            return 400, b'{"errors":["cipher: message authentication failed"]}'
        return 200, json.dumps({"data": {"plaintext": b64encode(found).decode()}}).encode()


@contextmanager
def transit():
    """Run one on loopback."""
    made = Transit()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if made.seconds:
                threading.Event().wait(made.seconds)
            try:
                status, body = made.answer(
                    self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))
                )
            except (AssertionError, KeyError, ValueError):
                status, body = 418, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
