"""What customers decided, whether something is allowed now, and the proofs of both."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from limen.identity.administrators import CONSENTS_READ, CONSENTS_WRITE
from limen.identity.consents.chain import Checkpoint
from limen.identity.consents.decide import Deciding, Source, Wish
from limen.identity.consents.question import Answer, Question, Reason
from limen.identity.consents.receipt import Controller
from limen.identity.consents.receipts import Receipts
from limen.identity.consents.records import OAUTH
from limen.identity.consents.tree import consistency, inclusion
from limen.identity.consents.unsubscribe import ONE_CLICK, PATH, POST_FIELD, Links, Subscription, may_link
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.consents import (
    AnswerShown,
    AnswersShown,
    CheckpointShown,
    ConsistencyShown,
    DecisionSent,
    InclusionShown,
    LinkShown,
    LinksSent,
    LinksShown,
    QuestionSent,
    QuestionsSent,
    RecordList,
    RecordShown,
    shown_answer,
    shown_checkpoint,
    shown_record,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.context import RequestContext
from limen.kernel.errors import Invalid, NotFound
from limen.kernel.ids import CustomerId, RecordId

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["consents"])
Record = Annotated[str, identified(RecordId, "record_id")]
_CONSENTS = "/customers/{customer_id}/consents"
_NOT_PLACED = NotFound("record_not_placed", "its place follows within a second")


@router.get(_CONSENTS, response_model=RecordList, responses=answers(), openapi_extra=needs(CONSENTS_READ))
async def list_consents(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List what a customer decided, oldest first; that of a customer who was erased too."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.consents.history(CustomerId(customer_id))
    return answer(RecordList(items=[shown_record(one) for one in found]))


@router.post(
    _CONSENTS,
    status_code=201,
    response_model=RecordShown,
    responses=answers(409, body=True),
    openapi_extra=needs(CONSENTS_WRITE),
)
async def record_consent(
    call: CurrentCall,
    request: Request,
    customer_id: CustomerPath,
    body: DecisionSent,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Record that a customer gave, refused or withdrew a consent, as you learnt it from them."""
    parts, desk = call.parts, call.desk

    async def work() -> Response:
        deciding = Deciding(desk.tenant.id, parts.begin, parts.keyring, parts.clock, parts.entropy)
        purpose = desk.purposes.get(body.purpose)
        birthdate = await _birthdate(call, customer_id) if purpose is not None and purpose.terms.minimum_age else ""
        wish = Wish(body.purpose, body.decision, body.version, body.locale, body.confirmed_age, birthdate)
        # of where the customer was, the caller's own address would say nothing
        came = RequestContext(call.actor.request_id)
        source = Source("api", call.actor.name, came, call.caller.client_id)
        made = ok(await deciding.decide(purpose, wish, CustomerId(customer_id), source))
        return answer(shown_record(made), status=201)

    return await once(call, request, idempotency_key, work)


async def _birthdate(call: Call, customer_id: str) -> str:
    async with call.parts.reading(call.desk.tenant.id) as unit:
        sealed = await unit.customers.get(CustomerId(customer_id))
    customer = await call.parts.directory_for(call.desk.tenant.id).open(sealed)
    return customer.profile.birthdate if customer is not None else ""


@router.get(
    f"{_CONSENTS}/{{record_id}}/receipt",
    responses={
        **answers(),
        200: {
            "description": "The receipt (ISO/IEC TS 27560:2023): JSON, or a JWS where `application/jose` is asked for.",
            "content": {"application/json": {}, "application/jose": {}},
        },
    },
    openapi_extra=needs(CONSENTS_READ),
)
async def read_receipt(call: CurrentCall, request: Request, customer_id: CustomerPath, record_id: Record) -> Response:
    """Read the receipt of a decision."""
    parts, tenant = call.parts, call.desk.tenant
    controller = Controller(tenant.issuer, tenant.name)
    receipts = Receipts(tenant.id, controller, call.desk.purposes, parts.reading, parts.keyring, parts.ledger_signers)
    issued = ok(await receipts.issue(CustomerId(customer_id), RecordId(record_id)))
    headers = {"vary": "Accept"}
    if "application/jose" in request.headers.get("accept", ""):
        return Response(issued.jws, headers=headers, media_type="application/jose")
    return Response(msgspec.json.encode(issued.document), headers=headers, media_type="application/json")


@router.post(
    "/consents/ask", response_model=AnswerShown, responses=answers(body=True), openapi_extra=needs(CONSENTS_READ)
)
async def ask(call: CurrentCall, body: QuestionSent) -> Response:
    """Ask whether a client may use data of a customer for a purpose now. It is answered from memory.

    The purpose `oauth` asks what the customer allowed the application itself: `data` is a scope, or empty for any.
    """
    [found] = await _asked(call, [body])
    return answer(shown_answer(found))


@router.post(
    "/consents/ask-many", response_model=AnswersShown, responses=answers(body=True), openapi_extra=needs(CONSENTS_READ)
)
async def ask_many(call: CurrentCall, body: QuestionsSent) -> Response:
    """Ask up to 200 such questions; they are answered in their order."""
    return answer(AnswersShown(answers=[shown_answer(one) for one in await _asked(call, body.questions)]))


async def _asked(call: Call, sent: list[QuestionSent]) -> list[Answer]:
    clients = {one.client_id for one in sent if one.client_id}
    since: dict[str, int] = {}
    for client_id in clients:
        loaded = await call.desk.clients(client_id)
        if loaded is not None and loaded.client.is_active:
            since[client_id] = loaded.client.created_at
    questions = [
        Question(one.customer_id, one.purpose, one.client_id, one.data, since.get(one.client_id, 0)) for one in sent
    ]
    found = await call.parts.asking(call.desk.tenant.id, call.desk.purposes, questions)
    nobody = Answer(is_allowed=False, reason=Reason.UNKNOWN_CLIENT)
    return [
        one if question.client_id in since or not (question.client_id or question.purpose == OAUTH) else nobody
        for one, question in zip(found, questions, strict=True)
    ]


@router.post(
    "/consents/unsubscribe-links",
    response_model=LinksShown,
    responses=answers(409, body=True),
    openapi_extra=needs(CONSENTS_READ),
)
async def make_unsubscribe_links(call: CurrentCall, body: LinksSent) -> Response:
    """Make the links by which up to 200 customers end messages of a purpose with one click (RFC 8058).

    The same customer and purpose always have the same link; nothing is stored for it. A mail program withdraws by a
    POST to it, without signing in.
    """
    desk = call.desk
    ok(may_link(desk.purposes.get(body.purpose)))
    found = await _asked(call, [QuestionSent(customer_id=one, purpose=body.purpose) for one in body.customers])
    links = Links(desk.vault)
    shown = []
    for customer_id, said in zip(body.customers, found, strict=True):
        token = links.token(Subscription(CustomerId(customer_id), body.purpose))
        url = f"{desk.issuer.rstrip('/')}{PATH}{token}"
        shown.append(
            LinkShown(
                customer_id=customer_id,
                allowed=said.is_allowed,
                reason=said.reason,
                url=url,
                list_unsubscribe=f"<{url}>",
                list_unsubscribe_post=f"{POST_FIELD}={ONE_CLICK}",
            )
        )
    return answer(LinksShown(links=shown))


@router.get(
    "/consents/checkpoint", response_model=CheckpointShown, responses=answers(), openapi_extra=needs(CONSENTS_READ)
)
async def read_checkpoint(call: CurrentCall) -> Response:
    """Read the newest signed tree head of the ledger. Kept elsewhere, it holds the ledger to what it was."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.consent_chain.last_checkpoint()
    return answer(await _shown(call, ok(found or NotFound("checkpoint_not_found"))))


@router.get(
    f"{_CONSENTS}/{{record_id}}/inclusion",
    response_model=InclusionShown,
    responses=answers(),
    openapi_extra=needs(CONSENTS_READ),
)
async def prove_inclusion(call: CurrentCall, customer_id: CustomerPath, record_id: Record) -> Response:
    """Prove that a decision is in the ledger of the newest checkpoint."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        record = await unit.consents.get(RecordId(record_id))
        if record is None or record.decision.customer_id != customer_id:
            raise Refused(NotFound("record_not_found"))
        place = await unit.consent_chain.place_of(record.id)
        last = await unit.consent_chain.last_checkpoint()
        if place is None or last is None:
            raise Refused(_NOT_PLACED)
        path = await inclusion(unit.consent_chain, place.seq - 1, last.size)
    shown = InclusionShown(
        seq=place.seq,
        open=record.open_part.decode(),
        commitment=record.commitment.hex(),
        leaf=place.leaf.hex(),
        path=[node.hex() for node in path],
        checkpoint=await _shown(call, last),
    )
    return answer(shown)


@router.get(
    "/consents/consistency", response_model=ConsistencyShown, responses=answers(), openapi_extra=needs(CONSENTS_READ)
)
async def prove_consistency(
    call: CurrentCall, size: Annotated[int, Query(ge=1, description="The size of the earlier checkpoint.")]
) -> Response:
    """Prove that the ledger of the newest checkpoint begins with that of an earlier one."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        last = await unit.consent_chain.last_checkpoint()
        if last is None or size > last.size:
            raise Refused(Invalid("size_out_of_bounds"))
        path = await consistency(unit.consent_chain, size, last.size)
    shown = await _shown(call, last)
    return answer(ConsistencyShown(size=size, path=[node.hex() for node in path], checkpoint=shown))


async def _shown(call: Call, checkpoint: Checkpoint) -> CheckpointShown:
    tenant = call.desk.tenant
    signer = await call.parts.ledger_signers(tenant.id)
    return shown_checkpoint(tenant.issuer, checkpoint, signer.public_jwk)
