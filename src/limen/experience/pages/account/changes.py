"""Password and addresses: tasks that the journey does behind a fresh proof."""

from limen.access.journeys.records import Task
from limen.access.journeys.tasks import ADD_EMAIL, CHANGE_EMAIL, CHANGE_PASSWORD, MAKE_PRIMARY, REMOVE_EMAIL
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task
from limen.identity.customers.emails import MOST_EMAILS, email_named
from limen.kernel.errors import Refusal


async def show(look: Look) -> Shown:
    """Return what can be changed here: a password, where the tenant has them; the addresses, and one more."""
    emails = look.account.customer.profile.emails
    return {
        "has_passwords": look.visit.desk.tenant.settings.sign_in.password,
        "emails": [{"id": one.id, "email": one.value, "verified": one.verified_at} for one in emails],
        "may_add": len(emails) < MOST_EMAILS,
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


async def _about(turn: Turn, kind: str) -> Taken:
    named = email_named(turn.account.customer.profile, turn.form.get("contact", ""))
    return Done() if isinstance(named, Refusal) else await begin_task(turn, Task(kind, named.id))


TAKES = {CHANGE_PASSWORD: password, CHANGE_EMAIL: email, ADD_EMAIL: add, MAKE_PRIMARY: primary, REMOVE_EMAIL: remove}
