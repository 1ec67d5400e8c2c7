"""What may be registered about a client (RFC 7591 §2, with the rules of RFC 9700); the rules are in ``rules/``."""

import re

from limen.access.clients.records import ClientDocument
from limen.access.clients.rules import RULES
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Invalid

CODE = "invalid_client_metadata"
"""RFC 7591 §3.2.2."""

_CLIENT_ID_BYTES = 16
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def validate(document: ClientDocument) -> Invalid | None:
    """Return everything that is wrong with *document*, by field; None if it may be registered."""
    problems = {place: what for rule in RULES for place, what in rule(document)}
    return Invalid(CODE, ", ".join(problems), problems) if problems else None


def validate_client_id(client_id: str) -> Invalid | None:
    """Refuse a given ``client_id`` that would need escaping anywhere."""
    if _CLIENT_ID.fullmatch(client_id):
        return None
    return Invalid(CODE, "client_id", {"client_id": "client_id.invalid"})


def new_client_id(entropy: Entropy) -> str:
    """Return a ``client_id`` that may be given too: exports are applied again, and commands take it for no option."""
    while validate_client_id(made := random_token(entropy, _CLIENT_ID_BYTES)):  # one in 32 begins with - or _
        pass
    return made
