"""One of the account's further addresses, numbers or identities elsewhere, put first or taken away.

``data.phase`` is ``primary`` or ``remove`` of an address, ``primary_number``, ``remove_number`` or ``remove_identity``.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from limen.access.journeys.changes.contacts import listed
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import FIRST_NUMBER, MAKE_PRIMARY, REMOVE_EMAIL, REMOVE_IDENTITY, REMOVE_NUMBER
from limen.access.journeys.views import Progress, StepView
from limen.identity.customers.emails import email_named
from limen.identity.customers.numbers import phone_named
from limen.identity.customers.records import Contact, Profile
from limen.kernel.errors import NotFound


def _identity_named(profile: Profile, identity_id: str) -> Contact | None:
    """Return an identity as something that has a name to be shown."""
    found = next((one for one in profile.identities if one.id == identity_id), None)
    return Contact(found.id, found.label or found.issuer, found.linked_at) if found is not None else None


_Find = Callable[[Profile, str], Contact | NotFound | None]
_PHASES: Final[Mapping[str, tuple[str, _Find]]] = {
    MAKE_PRIMARY: ("primary", email_named),
    REMOVE_EMAIL: ("remove", email_named),
    FIRST_NUMBER: ("primary_number", phone_named),
    REMOVE_NUMBER: ("remove_number", phone_named),
    REMOVE_IDENTITY: ("remove_identity", _identity_named),
}
"""Task to the words it is asked in, and to what finds what it is about."""


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether there is such an address, number or identity, of which something is to be changed."""
    return state.task.kind in _PHASES and _named(state, facts) is not None


def view(context: StepContext) -> StepView:
    """Show it, and what becomes of it."""
    state, named = context.journey.state, _named(context.journey.state, context.facts)
    data = {"phase": _PHASES[state.task.kind][0], "to": named.value if named is not None else ""}
    return StepView("one_contact", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Do it, or leave everything as it is."""
    if form.get("intent") == "cancel":
        return Progress(msgspec.structs.replace(context.journey.state, task=Task()))
    return await listed(context)


def _named(state: JourneyState, facts: Facts) -> Contact | None:
    if facts.customer is None:
        return None
    found = _PHASES[state.task.kind][1](facts.customer.profile, state.task.target)
    return found if isinstance(found, Contact) else None
