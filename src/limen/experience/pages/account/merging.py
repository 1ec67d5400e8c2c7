"""*I have two accounts*: the other is signed in to at this browser, and then one goes into the other."""

from limen.access.journeys.arrival import Arrived
from limen.access.journeys.freshness import is_fresh
from limen.access.journeys.records import JourneyState, Path, Task
from limen.access.journeys.tasks import MERGE
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task
from limen.experience.pages.errors import refused
from limen.experience.pages.steps import arrived
from limen.kernel.errors import Refusal


async def show(look: Look) -> Shown:
    """Return who else is signed in here, whose account may be the same person's."""
    return {"others": [{"id": one.session.sid, "email": one.customer.profile.email} for one in look.accounts[1:]]}


async def other(turn: Turn) -> Taken:
    """Begin to sign in to the other account, at this browser."""
    return await _sign_in(turn, "")


async def merge(turn: Turn) -> Taken:
    """Begin to merge the account that the form names; first its sign-in has to be fresh, as this one's has."""
    parts, sid = turn.visit.journey_parts, turn.form.get("session", "")
    chosen = next((one for one in turn.accounts[1:] if one.session.sid == sid), None)
    if chosen is None:
        return Done("notice.session_ended")
    async with parts.read(parts.tenant_id) as unit:
        factors = await unit.factors.of_customer(chosen.customer.id)
    if not is_fresh(chosen.session.evidence, factors, parts.clock.now()):
        return await _sign_in(turn, chosen.customer.profile.email)
    return await begin_task(turn, Task(MERGE, sid, chosen.customer.profile.email))


async def _sign_in(turn: Turn, email: str) -> Taken:
    visit = turn.visit
    begun = await visit.begin(JourneyState(path=Path.SIGN_IN, email=email, fresh_login=True, back=turn.page))
    if isinstance(begun, Refusal):
        return refused(visit, begun)
    return arrived(visit, begun) if isinstance(begun, Arrived) else visit.go(f"/journey/{begun.journey.id}")


TAKES = {"other_account": other, MERGE: merge}
"""Intent to what takes it."""
