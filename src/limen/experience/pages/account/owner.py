"""The customer of a look or of a form, as the use cases of ``access.account`` know them."""

from limen.access.account.unit import AccountParts, Owner
from limen.experience.pages.account.look import Turn
from limen.experience.pages.visit import Visit


def parts_of(visit: Visit) -> AccountParts:
    """Return what the use cases of the tenant's accounts need."""
    parts = visit.journey_parts
    return AccountParts(parts.desk, visit.parts.begin, visit.parts.read, parts.directory, parts.clock, parts.entropy)


def owner_of(turn: Turn) -> Owner:
    """Return who sends the form."""
    return Owner(turn.account.customer, turn.vault, turn.account.session.sid, turn.visit.context)
