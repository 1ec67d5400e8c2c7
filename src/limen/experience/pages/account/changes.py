"""Password, addresses, numbers and user name: tasks that the journey does behind a fresh proof."""

from collections.abc import Callable
from urllib.parse import urlsplit

from limen.access.journeys.messages.sent_codes import sms_offered
from limen.access.journeys.records import Task
from limen.access.journeys.tasks import (
    ADD_EMAIL,
    ADD_NUMBER,
    CHANGE_EMAIL,
    CHANGE_PASSWORD,
    CHANGE_USERNAME,
    FIRST_NUMBER,
    MAKE_PRIMARY,
    REMOVE_EMAIL,
    REMOVE_IDENTITY,
    REMOVE_NUMBER,
)
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task
from limen.identity.customers.emails import MOST_EMAILS, email_named
from limen.identity.customers.numbers import MOST_PHONES, phone_named
from limen.identity.customers.records import Contact, Profile
from limen.kernel.errors import NotFound, Refusal


async def show(look: Look) -> Shown:
    """Return what can be changed here: a password, where the tenant has them; and all that names the customer."""
    profile, settings = look.account.customer.profile, look.visit.desk.tenant.settings.sign_in
    return {
        "has_passwords": settings.password,
        "emails": [{"id": one.id, "email": one.value, "verified": one.verified_at} for one in profile.emails],
        "may_add": len(profile.emails) < MOST_EMAILS,
        "phones": [{"id": one.id, "number": one.value, "verified": one.verified_at} for one in profile.phones],
        "may_add_phone": len(profile.phones) < MOST_PHONES and sms_offered(look.visit.journey_parts),
        "identities": [
            {
                "id": one.id,
                "issuer": urlsplit(one.issuer).hostname or one.issuer,
                "label": one.label,
                "linked": one.linked_at,
            }
            for one in profile.identities
        ],
        "username": profile.username,
        "may_name": settings.usernames != "off",
    }


async def password(turn: Turn) -> Taken:
    """Begin to change the password."""
    return await begin_task(turn, Task(CHANGE_PASSWORD))


async def email(turn: Turn) -> Taken:
    """Begin to change the first address."""
    return await begin_task(turn, Task(CHANGE_EMAIL))


async def add(turn: Turn) -> Taken:
    """Begin to add an address."""
    return await begin_task(turn, Task(ADD_EMAIL))


async def primary(turn: Turn) -> Taken:
    """Begin to put another address first."""
    return await _about(turn, MAKE_PRIMARY)


async def remove(turn: Turn) -> Taken:
    """Begin to take an address away."""
    return await _about(turn, REMOVE_EMAIL)


async def add_number(turn: Turn) -> Taken:
    """Begin to add a number."""
    return await begin_task(turn, Task(ADD_NUMBER)) if sms_offered(turn.visit.journey_parts) else Done()


async def first_number(turn: Turn) -> Taken:
    """Begin to put another number first."""
    return await _about(turn, FIRST_NUMBER, phone_named)


async def remove_number(turn: Turn) -> Taken:
    """Begin to take a number away."""
    return await _about(turn, REMOVE_NUMBER, phone_named)


async def remove_identity(turn: Turn) -> Taken:
    """Begin to take an identity with another issuer away."""
    named = turn.form.get("contact", "")
    is_theirs = any(one.id == named for one in turn.account.customer.profile.identities)
    return await begin_task(turn, Task(REMOVE_IDENTITY, named)) if is_theirs else Done()


async def username(turn: Turn) -> Taken:
    """Begin to change the user name."""
    may = turn.visit.desk.tenant.settings.sign_in.usernames != "off"
    return await begin_task(turn, Task(CHANGE_USERNAME)) if may else Done()


Find = Callable[[Profile, str], Contact | NotFound]


async def _about(turn: Turn, kind: str, find: Find = email_named) -> Taken:
    named = find(turn.account.customer.profile, turn.form.get("contact", ""))
    return Done() if isinstance(named, Refusal) else await begin_task(turn, Task(kind, named.id))


TAKES = {
    CHANGE_PASSWORD: password,
    CHANGE_EMAIL: email,
    ADD_EMAIL: add,
    MAKE_PRIMARY: primary,
    REMOVE_EMAIL: remove,
    ADD_NUMBER: add_number,
    FIRST_NUMBER: first_number,
    REMOVE_NUMBER: remove_number,
    CHANGE_USERNAME: username,
    REMOVE_IDENTITY: remove_identity,
}
"""Intent to what takes it."""
