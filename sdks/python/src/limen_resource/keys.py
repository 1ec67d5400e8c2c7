"""The issuer's keys, by its metadata (RFC 8414 §3, OpenID Connect Discovery §4)."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import KeySet

_LARGEST = 1 << 18
_SECONDS = 5

Fetch = Callable[[str], Any]
"""An https address to the JSON document there."""


class KeysUnavailable(Exception):
    """The issuer's keys could not be fetched, and none are held: answer 503, not 401."""


def fetch_json(url: str) -> Any:
    """Return the document at *url*.

    Raises:
        OSError: it did not answer.
        ValueError: what it answered is too much, or no JSON.
    """
    if urlsplit(url).scheme not in {"https", "http"}:
        msg = "not a web address"
        raise ValueError(msg)
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - the scheme is checked
        body = answer.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        msg = "too much"
        raise ValueError(msg)
    return json.loads(body)


class IssuerKeys:
    """Holds the keys of one issuer; safe to use from several threads."""

    def __init__(
        self,
        issuer: str,
        fetch: Fetch = fetch_json,
        now: Callable[[], float] = time.monotonic,
        *,
        keep: float = 300.0,
        pause: float = 10.0,
    ) -> None:
        """Prepare for *issuer*.

        Args:
            issuer: exactly what ``iss`` will be.
            fetch: how documents are fetched.
            now: a clock that never goes back, in seconds.
            keep: seconds for which keys are held.
            pause: seconds between two fetches for a key that is not known, so that nobody can make us ask on and on.
        """
        self.issuer = issuer
        self._fetch, self._now, self._keep, self._pause = fetch, now, keep, pause
        self._lock = threading.Lock()
        self._uri = ""
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._tried = float("-inf")

    def get(self, kid: object) -> KeySet:
        """Return the keys, fetched anew if they are old or *kid* is not among them.

        Raises:
            KeysUnavailable: there are none to be had.
        """
        keys = self._keys
        is_old = self._now() - self._fetched > self._keep
        if keys is None or is_old or all(key.kid != kid for key in keys.keys):
            with self._lock:
                if self._now() - self._tried > self._pause or self._keys is None:
                    self._try()
        if self._keys is None:
            raise KeysUnavailable
        return self._keys

    def refresh(self) -> None:
        """Fetch the keys now.

        Raises:
            KeysUnavailable: there are none to be had.
        """
        with self._lock:
            self._try()
        if self._keys is None:
            raise KeysUnavailable

    def _try(self) -> None:
        self._tried = self._now()
        try:
            self._uri = self._uri or self._find()
            self._keys = KeySet.import_key_set(self._fetch(self._uri))
            self._fetched = self._now()
        except (OSError, ValueError, KeyError, TypeError):
            return  # what is held serves on; without anything the caller is told

    def _find(self) -> str:
        parts = urlsplit(self.issuer)
        path = parts.path.rstrip("/")
        metadata = self._fetch(f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}")
        if metadata["issuer"] != self.issuer:  # RFC 8414 §3.3
            msg = "the metadata is another issuer's"
            raise ValueError(msg)
        return str(metadata["jwks_uri"])
