"""What a destination may say, and how an address is read."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from limen.access.clients.redirect_uris import check_fetchable
from limen.identity.audit.destinations import LONGEST_CA, MOST_EVENTS, DestinationDocument
from limen.kernel.errors import Invalid

SYSLOG_PORT: Final = 6514
"""RFC 5425 §4.1."""
SECRET_BYTES: Final = (16, 512)
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_EVENT: Final = re.compile(r"[a-z_]+(\.[a-z_]+)?")


def syslog_target(url: str) -> tuple[str, int] | None:
    """Return host and port of ``tls://host[:port]``; None where it is no such address."""
    try:
        parts = urlsplit(url)
        port = parts.port or SYSLOG_PORT
    except ValueError:
        return None
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme != "tls" or not parts.hostname or not is_bare or not url.isascii() or not url.isprintable():
        return None
    return parts.hostname, port


def is_moved(before: DestinationDocument, after: DestinationDocument) -> bool:
    """Tell whether a stored secret would be shown to somebody else, or in another way: it is to be given again then."""
    return (before.kind, before.url, before.authentication) != (after.kind, after.url, after.authentication)


def check(document: DestinationDocument, *, has_secret: bool) -> Invalid | None:
    """Return everything that is wrong with *document*, by field; None if nothing is."""
    problems = {name: code for name, code in _problems(document, has_secret=has_secret).items() if code}
    return Invalid("invalid_destination", ", ".join(problems), problems) if problems else None


def _problems(of: DestinationDocument, *, has_secret: bool) -> dict[str, str]:
    found: dict[str, Any] = {"name": "" if _NAME.fullmatch(of.name) else "name.invalid"}
    if of.kind == "syslog":
        found["url"] = "" if syslog_target(of.url) else "url.invalid"
    elif of.kind == "http":
        found["url"] = "url.invalid" if check_fetchable(of.url) else ""
    else:
        found["url"] = "url.unused" if of.url else ""
    if of.kind != "http" and of.authentication != "none":
        found["authentication"] = "authentication.unused"
    if of.authentication != "none" and not has_secret:
        found["secret"] = "secret.missing"
    if of.ca and (of.kind != "syslog" or "-----BEGIN CERTIFICATE-----" not in of.ca or len(of.ca) > LONGEST_CA):
        found["ca"] = "ca.invalid"
    if len(of.events) > MOST_EVENTS or not all(_EVENT.fullmatch(event) for event in of.events):
        found["events"] = "list.invalid"
    return found
