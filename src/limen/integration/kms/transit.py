"""HashiCorp Vault's transit engine over its HTTP API (encrypt, decrypt, rotate; ``associated_data`` since Vault 1.9).

The key must be of an authenticated kind (``aes256-gcm96``, the default), not derived and not convergent. Its address is
the operator's own, so that it is asked directly: the rules for addresses that clients name do not apply.
"""

import asyncio
import json
import re
import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from limen.kernel.errors import Corrupted, Misconfigured, Outage
from limen.kernel.secret import Secret

_CIPHERTEXT: Final = re.compile(r"vault:v([0-9]{1,9}):[A-Za-z0-9+/=]+")
_LONGEST_ANSWER: Final = 65_536


@dataclass(frozen=True, slots=True)
class TransitSettings:
    """Where the engine is, and how we prove ourselves.

    Attributes:
        url: its base address; http only on loopback.
        mount: where the engine is mounted.
        key: the name of the key.
        token: our token; or
        token_file: a file that holds it, read anew for each request, as an agent renews it.
        namespace: of Vault Enterprise; empty for none.
        ca_file: the certificates that its own is verified with; empty for the system's.
        seconds: for each request.
    """

    url: str
    key: str
    mount: str = "transit"
    token: Secret = field(default_factory=lambda: Secret(""))
    token_file: str = ""
    namespace: str = ""
    ca_file: str = ""
    seconds: float = 5.0


class TransitWrapper:
    """A :class:`~limen.identity.keyring.KeyWrapper` by the transit engine."""

    def __init__(self, settings: TransitSettings) -> None:
        """Ask nobody yet.

        Raises:
            Misconfigured: the address is none, or the certificates cannot be read.
        """
        self._settings = settings
        self._version = 0
        parts = urlsplit(settings.url)
        is_loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme not in {"https", "http"} or not parts.hostname or (parts.scheme == "http" and not is_loopback):
            raise Misconfigured("kms.url is no address of a Vault", "https://vault.example.com:8200")
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            try:
                self._tls = ssl.create_default_context(cafile=settings.ca_file or None)
            except (OSError, ssl.SSLError):
                raise Misconfigured("kms.ca_file cannot be read", "name a file of certificates (PEM)") from None

    @property
    def key_id(self) -> str:
        """The name of the key and the version that the latest wrapping used."""
        return f"vault:{self._settings.mount}/{self._settings.key}:v{self._version}"[-64:]

    async def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Return what Vault made of *plaintext*: text with the key's version in front."""
        sent = {"plaintext": _b64(plaintext), "associated_data": _b64(context)}
        answer = await self._ask("encrypt", sent)
        text = answer.get("ciphertext")
        found = _CIPHERTEXT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise Outage("the KMS answered otherwise than Vault does")
        self._version = int(found[1])
        return found[0].encode()

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return what was wrapped for *context*.

        Raises:
            Corrupted: Vault says that it is not what it made, or not for this context.
        """
        try:
            text = wrapped.decode("ascii")
        except UnicodeDecodeError:
            text = ""
        if not _CIPHERTEXT.fullmatch(text):
            raise Corrupted("a wrapped key is not of this KMS")
        answer = await self._ask("decrypt", {"ciphertext": text, "associated_data": _b64(context)})
        try:
            return b64decode(answer.get("plaintext", ""), validate=True)
        except (ValueError, TypeError):
            raise Outage("the KMS answered otherwise than Vault does") from None

    async def rotate_root(self) -> str:
        """Make a new version of the key in Vault and return its name."""
        await self._ask("rotate", {})
        await self.wrap(bytes(32), b"limen.look")
        return self.key_id

    async def _ask(self, verb: str, sent: dict[str, str]) -> dict[str, Any]:
        return await asyncio.to_thread(self._asked, verb, sent)

    def _asked(self, verb: str, sent: dict[str, str]) -> dict[str, Any]:
        settings = self._settings
        key, mount = quote(settings.key, safe=""), quote(settings.mount, safe="/")
        path = f"{self._base}/v1/{mount}/" + (f"keys/{key}/rotate" if verb == "rotate" else f"{verb}/{key}")
        headers = {"Content-Type": "application/json", "X-Vault-Request": "true", "X-Vault-Token": self._token()}
        if settings.namespace:
            headers["X-Vault-Namespace"] = settings.namespace
        if self._tls is not None:
            connection: HTTPConnection = HTTPSConnection(
                self._host, self._port, timeout=settings.seconds, context=self._tls
            )
        else:
            connection = HTTPConnection(self._host, self._port, timeout=settings.seconds)
        try:
            connection.request("POST", path, json.dumps(sent).encode(), headers)
            response = connection.getresponse()
            status, body = response.status, response.read(_LONGEST_ANSWER)
        except (OSError, HTTPException) as error:
            raise Outage(f"the KMS does not answer ({type(error).__name__})") from None
        finally:
            connection.close()
        return _understood(verb, status, body)

    def _token(self) -> str:
        settings = self._settings
        if not settings.token_file:
            return settings.token.reveal()
        try:
            text = Path(settings.token_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            text = ""
        if not text or not text.isprintable():
            raise Outage("the file with the KMS's token cannot be read")
        return text


def _understood(verb: str, status: int, body: bytes) -> dict[str, Any]:
    """Return the answer's data. Vault's own words are dropped: they may quote what was asked."""
    if status == 204:
        return {}
    if status == 400 and verb == "decrypt":
        raise Corrupted("a wrapped key does not verify at the KMS")
    if status != 200:
        raise Outage(f"the KMS refuses to {verb} (status {status})")
    if verb == "rotate":
        return {}
    try:
        data = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError):
        data = None
    if not isinstance(data, dict):
        raise Outage("the KMS answered otherwise than Vault does")
    return data


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
