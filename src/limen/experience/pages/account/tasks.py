"""Beginning the journey that does what a customer asked for on the account page, behind a fresh proof."""

from limen.access.http import HotResponse
from limen.access.journeys.records import JourneyState, Path, Task
from limen.experience.pages.account.look import Turn
from limen.experience.pages.steps import started


async def begin_task(turn: Turn, task: Task) -> HotResponse:
    """Begin the journey that does *task*; it leads back to the page it began from."""
    visit, account = turn.visit, turn.account
    state = JourneyState(
        path=Path.SIGN_IN,
        email=account.customer.profile.email,
        customer_id=account.customer.id,
        session_id=account.session.id,
        task=task,
        back=turn.page,
    )
    return started(visit, await visit.begin(state))
