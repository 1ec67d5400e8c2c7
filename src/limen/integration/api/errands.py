"""What a customer changes through an application, begun and answered: who may, how often, and what is answered."""

from collections.abc import Mapping

from fastapi import Request, Response

from limen.access.journeys.errands import NOT_ENOUGH, Errand, Errands, Runner
from limen.access.journeys.parts import JourneyParts
from limen.integration.api.account import AccountCall, require_recent, sign_in_needed
from limen.integration.api.answers import answer
from limen.integration.api.idempotency import once
from limen.integration.api.models.changes import shown_change
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.kernel.errors import Conflict, NotFound, Refusal
from limen.kernel.ids import JourneyId


async def journeys_of(call: AccountCall) -> JourneyParts:
    """Return what the tenant's journeys are made of.

    Raises:
        Refused: the tenant went in this very moment.
    """
    parts = await call.parts.journeys(call.prefix)
    if parts is None:
        raise Refused(NotFound("tenant_not_found"))
    return parts


def runner(call: AccountCall) -> Runner:
    """Return who makes a change.

    Raises:
        Refused: nothing stands behind the token that could: the session is over.
    """
    if call.session is None:
        raise sign_in_needed(call)
    return Runner(call.owner, call.session, tuple(call.held))


def standing(call: AccountCall, found: Errand | Refusal) -> Errand:
    """Return a change as it stands.

    Raises:
        Refused: it was refused; with a challenge, where a sign-in asks for what is missing.
    """
    if found is NOT_ENOUGH:
        raise sign_in_needed(call)
    if isinstance(found, Refusal):
        raise Refused(found)
    return found


async def begun(
    call: AccountCall, request: Request, key: str | None, kind: str, form: Mapping[str, str] | None
) -> Response:
    """Answer a POST that begins a change of *kind* with *form*; sent twice under one *key*, it is begun once."""
    errands = Errands(await journeys_of(call))

    async def work() -> Response:
        await require_recent(call)
        made = standing(call, await errands.begin(runner(call), kind, form))
        location = f"{call.prefix}{PREFIX}/account/changes/{made.journey.id}"
        return answer(shown_change(made), made.journey.version, status=201, location=location)

    async def recall(location: str) -> Response:
        return await told(call, await errands.find(runner(call), JourneyId(location.rpartition("/")[2])))

    return await once(call, request, key, work, recall)


async def told(call: AccountCall, found: Errand | Refusal) -> Response:
    """Answer with a change as it stands.

    While it waits, what is being set up may be in it: that an older token must not gain by a sign-in which came after.
    """
    errand = standing(call, found)
    if errand.view is not None:
        await require_recent(call, is_harmless=True)
    return answer(shown_change(errand), errand.journey.version)


def offered(is_offered: bool) -> None:  # noqa: FBT001 - a claim, and nothing beside it
    """See that the tenant has what is to be set up.

    Raises:
        Refused: it has not.
    """
    if not is_offered:
        raise Refused(Conflict("not_offered"))
