"""What is asked, what is needed, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API.

    Attributes:
        method: as it came.
        path: the path, without query, as the client wrote it.
        headers: asked for by lower-case name; repeated ones joined by a comma.
        certificate: the verified client certificate as DER, from whoever ended TLS; None without one. It must never be
            taken from a header that a client can set.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a call needs of its token.

    Attributes:
        scopes: all of them.
        acr_values: one of them, best first; empty for any (RFC 9470 §3).
        max_age: seconds since the person last proved who they are; None for any.
        bound: whether a token without proof of possession is refused.
    """

    scopes: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    max_age: int | None = None
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A token that holds."""

    subject: str
    client_id: str
    scopes: frozenset[str]
    claims: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A refusal: send ``status`` and ``headers``, and an empty body."""

    status: int
    headers: Mapping[str, str]
    error: str = ""
