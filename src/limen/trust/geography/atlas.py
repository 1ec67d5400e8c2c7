"""The atlas of a process: an operator's databases, and the registries where those say nothing."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from limen.trust.geography.databases import Database
from limen.trust.geography.records import NOWHERE, Located
from limen.trust.geography.registries import by_registries
from limen.trust.limits import address_key
from limen.trust.risk.records import ADDRESS, COUNTRY, NETWORK
from limen.trust.risk.whereabouts import BY_PREFIX, Whereabouts

_KEPT: Final = 1_024
"""Addresses whose whereabouts are at hand: one request asks three times."""
_held: Final = attrgetter("held")


class Atlas:
    """A :class:`limen.trust.risk.whereabouts.Geography`. Of several databases, the first that says something counts."""

    def __init__(self, databases: Sequence[Database] = (), *, has_base: bool = True) -> None:
        """Ask *databases* in their order, then the registries if it *has_base*."""
        self.databases = tuple(databases)
        self._has_base = has_base
        self._said: dict[str, Whereabouts] = {}
        self._held: tuple[object, ...] = ()

    def open(self) -> None:
        """Load what lies here. Takes seconds: not on an event loop."""
        for database in self.databases:
            database.open()

    def refresh(self) -> None:
        """Load what is newer."""
        for database in self.databases:
            database.refresh()

    def of(self, address: str) -> Whereabouts:
        """Return what is known of *address*: its network by number or else by prefix, its country, its place."""
        held = tuple(map(_held, self.databases))
        if held != self._held or len(self._said) >= _KEPT:  # newer databases say other things
            self._said, self._held = {}, held
        said = self._said.get(address)
        if said is None:
            said = self._said[address] = self._of(address)
        return said

    def _of(self, address: str) -> Whereabouts:
        base = BY_PREFIX.of(address)
        if not base.values:
            return base
        found = self.locate(address)
        known = {ADDRESS: address_key(address), NETWORK: found.network or base.values[NETWORK], COUNTRY: found.country}
        values = {level: value for level, value in known.items() if value}
        marks = {"anonymiser": found.anonymiser, "hosting": found.hosting, "carrier": found.carrier}
        return Whereabouts(values, found.place, **marks)

    def country(self, network: str) -> str:
        """Return the country of a network or an address, as ISO 3166-1 alpha-2; empty where it is not known."""
        return self.locate(network.partition("/")[0]).country

    def locate(self, address: str) -> Located:
        """Return all that is known of *address*."""
        found = NOWHERE
        for database in self.databases:
            if database.held is not None:
                found = found.or_else(database.held.of(_plain(address)))
        return found.or_else(by_registries(_plain(address))) if self._has_base and not found.country else found


NO_ATLAS: Final = Atlas(has_base=False)
_MAPPED: Final = "::ffff:"


def _plain(address: str) -> str:
    """Return an IPv4 address that is written as IPv6 as what it is."""
    lowered = address.lower()
    return lowered.removeprefix(_MAPPED) if lowered.startswith(_MAPPED) and "." in lowered else address
