"""Profiles: rules that a client is held to beyond those for everybody, as far as its authorization requests go.

A rule takes the draft, checked by all rows of the table before it, and says what is wrong, naming the clause; None if
nothing is. A profile tightens and loosens nothing. What it asks at the token endpoint is checked there.
"""

from collections.abc import Mapping
from typing import Final

from limen.access.clients.records import Profile
from limen.access.oauth.profiles import fapi2_message_signing, fapi2_security, mcp
from limen.access.oauth.profiles.rule import Rule

PROFILES: Final[Mapping[Profile, tuple[Rule, ...]]] = {
    "oauth2.1": (),
    "fapi2_security": fapi2_security.RULES,
    "fapi2_message_signing": fapi2_message_signing.RULES,
    "mcp": mcp.RULES,
}

DECOUPLED: Final[Mapping[Profile, tuple[Rule, ...]]] = {"mcp": mcp.DECOUPLED}
"""The rules for requests that a person answers on another device; those of FAPI 2.0 are of redirects alone."""

__all__ = ["DECOUPLED", "PROFILES", "Rule"]
