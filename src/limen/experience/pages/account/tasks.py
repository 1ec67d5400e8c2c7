"""Beginning the journey that does what a customer asked for on the account page, behind a fresh proof."""

from starlette.responses import Response

from limen.access.journeys.arrival import Arrived
from limen.access.journeys.records import JourneyState, Path, Task
from limen.experience.pages.account.look import Turn
from limen.experience.pages.errors import refused
from limen.experience.pages.steps import arrived
from limen.kernel.errors import Refusal


async def begin_task(turn: Turn, task: Task) -> Response:
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
    begun = await visit.begin(state)
    if isinstance(begun, Refusal):
        return refused(visit, begun)
    return arrived(visit, begun) if isinstance(begun, Arrived) else visit.go(f"/journey/{begun}")
