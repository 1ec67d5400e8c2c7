"""Changes of one's own account that wait for an answer: a code, or what an authenticator made; and the password.

What begins them is beside what they change: addresses, numbers, factors.
"""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request, Response

from limen.access.journeys.errands import Errands
from limen.access.journeys.passkeys.proofs import FIELD
from limen.access.journeys.tasks import CHANGE_PASSWORD
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS
from limen.integration.api.account import AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import IfMatch, answer, done, expected_version
from limen.integration.api.document import acts, answers
from limen.integration.api.errands import journeys_of, offered, runner, standing, told
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.changes import AnswerSent, ChangeShown, PasswordSent, shown_change
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.kernel.errors import Invalid
from limen.kernel.ids import JourneyId

router = APIRouter(prefix=f"{PREFIX}/account", route_class=AccountRoute, tags=["account"])
Change = Annotated[str, identified(JourneyId, "change_id")]
_ONE: Final = Invalid("invalid_answer", fields={"code": "code_or_credential"})


@router.get(
    "/changes/{change_id}",
    response_model=ChangeShown,
    responses=answers(409),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def read_change(call: CurrentAccount, change_id: Change) -> Response:
    """Read a change as it stands: what it waits for, or that it is done. Wants a recent sign-in while it waits."""
    errands = Errands(await journeys_of(call))
    return await told(call, await errands.find(runner(call), JourneyId(change_id)))


@router.post(
    "/changes/{change_id}/answer",
    response_model=ChangeShown,
    responses=answers(409, 412, 428, 503, body=True),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def answer_change(  # noqa: PLR0913 - a door takes what its request has
    call: CurrentAccount,
    request: Request,
    change_id: Change,
    body: AnswerSent,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Bring what a change waits for. Wants a recent sign-in; each wrong answer counts, as on the account page.

    An answer of an authenticator is for the version whose challenge it signed. Whoever the account belongs to is told.
    """
    version = expected_version(if_match)
    if (body.code is None) == (body.credential is None):
        raise Refused(_ONE)
    form = {"name": body.name}
    if body.code is not None:
        form["code"] = body.code
    else:
        form[FIELD] = msgspec.json.encode(body.credential).decode()
    return await _taken(call, request, JourneyId(change_id), (form, version), idempotency_key)


@router.post(
    "/changes/{change_id}/resend",
    response_model=ChangeShown,
    responses=answers(409, 412, 503),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def send_change_again(
    call: CurrentAccount, request: Request, change_id: Change, idempotency_key: IdempotencyKey = None
) -> Response:
    """Have another code sent. A change has few of them, and tries do not come back. Wants a recent sign-in."""
    found = standing(call, await Errands(await journeys_of(call)).find(runner(call), JourneyId(change_id)))
    offered(found.view is not None and found.view.name in {"verify_email", "phone"})
    return await _taken(call, request, JourneyId(change_id), ({"intent": "resend"}, None), idempotency_key)


async def _taken(
    call: CurrentAccount,
    request: Request,
    change_id: JourneyId,
    said: tuple[dict[str, str], int | None],
    key: str | None,
) -> Response:
    errands, location = Errands(await journeys_of(call)), f"{call.prefix}{PREFIX}/account/changes/{change_id}"

    async def work() -> Response:
        await require_recent(call, is_harmless=True)  # risk was asked when it began
        errand = standing(call, await errands.answer(runner(call), change_id, *said))
        answered = answer(shown_change(errand), errand.journey.version)
        answered.headers["location"] = location
        return answered

    async def recall(_: str) -> Response:
        return await told(call, await errands.find(runner(call), change_id))

    return await once(call, request, key, work, recall)


@router.delete(
    "/changes/{change_id}", status_code=204, responses=answers(409, 412), openapi_extra=acts(ACCOUNT_CREDENTIALS)
)
async def leave_change(call: CurrentAccount, change_id: Change) -> Response:
    """Let a change go that waits: everything stays as it is."""
    return done(await Errands(await journeys_of(call)).leave(runner(call), JourneyId(change_id)))


@router.put(
    "/password",
    status_code=204,
    responses=answers(409, 412, 503, body=True),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def change_own_password(call: CurrentAccount, body: PasswordSent) -> Response:
    """Set another password, or a first one. Wants a recent sign-in; every other session ends, and the owner is told."""
    await require_recent(call)
    offered(call.desk.tenant.settings.sign_in.password)
    errands = Errands(await journeys_of(call))
    standing(call, await errands.begin(runner(call), CHANGE_PASSWORD, {"password": body.password}))
    return Response(status_code=204)
