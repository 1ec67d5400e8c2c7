"""Requests to servers that somebody else named, so that nobody can use us to reach what they cannot (SSRF).

Owns the rules and the connections: https alone, names resolved and checked here and the checked address connected to,
no redirect, no proxy of the environment, no cookies, no compression, bounds on size, time and number, and a bounded
memory of what was answered. OWASP's SSRF cheat sheet; RFC 9101 §10.4; RFC 9700 §4.
"""

from limen.integration.outgoing.addresses import AddressPolicy
from limen.integration.outgoing.lazy import LazyOutgoing
from limen.integration.outgoing.metrics import outgoing_counter
from limen.integration.outgoing.settings import OutgoingSettings

__all__ = ["AddressPolicy", "LazyOutgoing", "OutgoingSettings", "outgoing_counter"]
