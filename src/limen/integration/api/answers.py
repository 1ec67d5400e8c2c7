"""Answers, entity tags and preconditions (RFC 9110 §8.8.3, §13.1.1)."""

import re
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from limen.integration.api.problems import Refused
from limen.integration.api.route import Call
from limen.kernel.errors import Invalid, Refusal

_ETAG = re.compile(r'"([1-9][0-9]{0,9})"')
_ANY_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
T = TypeVar("T")


def ok(value: T | Refusal) -> T:
    """Return *value* unless it is a refusal.

    Raises:
        Refused: it is one.
    """
    if isinstance(value, Refusal):
        raise Refused(value)
    return value


def answer(model: BaseModel, version: int | None = None, *, status: int = 200, location: str = "") -> Response:
    """Return *model* as JSON, with an entity tag for its *version* and, when made, its *location*."""
    headers = {} if version is None else {"etag": f'"{version}"'}
    if location:
        headers["location"] = location
    return Response(model.model_dump_json().encode(), status, headers, "application/json")


def done(refusal: Refusal | None) -> Response:
    """Return that there is nothing to say, where what was asked for is done.

    Raises:
        Refused: it is not.
    """
    if refusal is not None:
        raise Refused(refusal)
    return Response(status_code=204)


async def _call(request: Request) -> Call:  # async, or FastAPI takes a thread for it
    call: Call = request.state.call
    return call


CurrentCall = Annotated[Call, Depends(_call)]
IfMatch = Annotated[
    str | None, Header(description="The ETag of what was read, or `*`. Required.", examples=['"3"'], max_length=200)
]


def expected_version(if_match: str | None) -> int | None:
    """Return the version that ``If-Match`` asks for; None for ``*``.

    Raises:
        Refused: 428 where it is missing (RFC 6585 §3), 400 where it is not one tag, 412 where it is none of ours.
    """
    if if_match is None:
        raise Refused(Invalid("precondition_required"), 428)
    text = if_match.strip()
    if text == "*":
        return None
    found = _ETAG.fullmatch(text)
    if found is not None:
        return int(found[1])
    # Another's tag, or a weak one, never matches (RFC 9110 §13.1.1: strong comparison).
    status, code = (412, "version_changed") if _ANY_ETAG.fullmatch(text) else (400, "ambiguous_precondition")
    raise Refused(Invalid(code), status)
