"""Issuers whose word a tenant takes: who may speak for its customers, or for services (RFC 7523 §2.1).

Trust is given by name: of the issuer, of the subjects it may speak for, and of the clients that may bring its word.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

MOST: Final = 20
_LONGEST: Final = 500
_MOST_NAMES: Final = 100
_LIFE: Final = (30, 3_600)

Speaks = Literal["service", "customer"]
Text = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": _LONGEST})]
Names = Annotated[tuple[Text, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST_NAMES})]


class TrustedIssuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One issuer.

    Attributes:
        issuer: what ``iss`` says.
        jwks: its public keys; or
        jwks_uri: where it publishes them.
        speaks_for: ``service``: ``sub`` is the name of a service of its own; ``customer``: it is what the client calls
            one of our customers.
        subjects: whom it may speak for: a name, or the beginning of names with ``*`` behind it. Empty for every
            customer; a service has to be named.
        clients: the clients that may show its assertions.
        audiences: what ``aud`` may be beside this tenant's issuer and token endpoint.
        max_life: seconds for which an assertion may be good.
    """

    issuer: Text
    jwks: dict[str, Any] | None = None
    jwks_uri: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": 2_000})] = ""
    speaks_for: Speaks = "service"
    subjects: Names = ()
    clients: Names = ()
    audiences: Names = ()
    max_life: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": _LIFE[0], "maximum": _LIFE[1]})] = 300

    def may_speak_for(self, subject: str) -> bool:
        """Tell whether *subject* is among those it may speak for."""
        if not self.subjects:
            return self.speaks_for == "customer"
        return any(subject.startswith(name[:-1]) if name.endswith("*") else subject == name for name in self.subjects)


def problems_of(issuers: Sequence[TrustedIssuer], place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *issuers*: where below *place*, and a message key. Keys are read when they are used."""
    if len(issuers) > MOST:
        yield place, "list.too_long"
    names = [one.issuer for one in issuers]
    for index, one in enumerate(issuers[:MOST]):
        here = f"{place}.{index}"
        if not _is_name(one.issuer) or names.count(one.issuer) > 1:
            yield f"{here}.issuer", "issuer.invalid"
        if (one.jwks is None) == (not one.jwks_uri):
            yield f"{here}.jwks", "trusted_issuer.keys"
        if one.jwks_uri and not _is_address(one.jwks_uri):
            yield f"{here}.jwks_uri", "url.invalid"
        yield from _names(one, here)
        if not _LIFE[0] <= one.max_life <= _LIFE[1]:
            yield f"{here}.max_life", "lifetime.out_of_bounds"


def _names(one: TrustedIssuer, here: str) -> Iterator[tuple[str, str]]:
    """Trust is given by name: to whoever it may speak for, and to whoever may bring its word."""
    for field in ("subjects", "clients", "audiences"):
        given: tuple[str, ...] = getattr(one, field)
        if len(given) > _MOST_NAMES or not all(map(_is_name, given)) or "*" in given:
            yield f"{here}.{field}", "list.invalid"
    if one.speaks_for == "service" and not one.subjects:
        yield f"{here}.subjects", "list.too_short"
    if not one.clients:
        yield f"{here}.clients", "list.too_short"


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable()


def _is_address(url: str) -> bool:
    """What may be asked at all is judged when it is asked (``access.outgoing``)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc
