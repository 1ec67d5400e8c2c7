"""Another password and another address: tasks that the journey does behind a fresh proof."""

from limen.access.journeys.records import Task
from limen.access.journeys.tasks import CHANGE_EMAIL, CHANGE_PASSWORD
from limen.experience.pages.account.look import Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task


async def show(look: Look) -> Shown:
    """Return what can be changed here: a password, where the tenant has them."""
    return {"has_passwords": look.visit.desk.tenant.settings.sign_in.password}


async def password(turn: Turn) -> Taken:
    """Begin to change the password."""
    return await begin_task(turn, Task(CHANGE_PASSWORD))


async def email(turn: Turn) -> Taken:
    """Begin to change the address."""
    return await begin_task(turn, Task(CHANGE_EMAIL))


TAKES = {CHANGE_PASSWORD: password, CHANGE_EMAIL: email}
