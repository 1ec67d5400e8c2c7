"""Every "no" of the API as a problem document (RFC 9457), and the one table from refusals to statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from limen.integration.edge.arrival import arrival_of
from limen.kernel.errors import (
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from limen.kernel.json_schema import pointer

MEDIA_TYPE: Final = "application/problem+json"
_STATUSES: Final[Mapping[type[Refusal], int]] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Expired: 410,
    Throttled: 429,
    Unavailable: 503,
}
_BY_CODE: Final = {"version_changed": 412}

DETAILS: Final = {
    "account_page_needed": "This does not look like its customer: the account page asks for more, and does it.",
    "ambiguous_precondition": "If-Match must hold one entity tag or an asterisk.",
    "beyond_your_authority": "You would hand out, or take over, administrative rights that you do not have.",
    "body_too_large": "The body is too large.",
    "busy": "Too many passwords are being checked at the moment.",
    "change_done": "The change is done: read it, or begin another.",
    "client_id_taken": "Another client has this client_id.",
    "customer_merged": "This customer was merged into another: Location leads there.",
    "default_tenant": "The default tenant can be neither disabled nor destroyed.",
    "email_unproven": "The primary address is not proven yet: the account page asks for its code.",
    "email_taken": "Another customer has this address.",
    "email_yours": "The customer has this address already.",
    "factor_has_no_name": "Only passkeys and security keys can be renamed.",
    "identity_taken": "Another customer has this identity, or left it lately.",
    "identity_yours": "The customer has this identity already.",
    "idempotency_key_in_use": "A request with this Idempotency-Key is still being worked on.",
    "idempotency_key_reused": "This Idempotency-Key was used for another request.",
    "insufficient_user_authentication": "The customer has to sign in anew; WWW-Authenticate says how.",
    "insufficient_scope": "The access token lacks a scope that this needs.",
    "invalid_idempotency_key": "An Idempotency-Key has 1 to 255 visible ASCII characters.",
    "invalid_token": "The access token is malformed, expired, revoked, or not for this API.",
    "malformed_json": "The body is not JSON as this API reads it: UTF-8, no member twice, no NUL, not too deep.",
    "merge_administers": "A customer who administers cannot be merged away: take the role first.",
    "merge_disabled": "Both customers must be active: a bar must not be lost by a merge.",
    "merge_limited": "A legal hold or a restriction of processing is on one of them.",
    "merge_pending": "A recovery, a deletion or a privacy request of one of them is under way.",
    "merge_would_weaken": "Only the customer who goes has a second factor: turn the merge round.",
    "phone_taken": "Another customer has this number.",
    "phone_yours": "The customer has this number already.",
    "passkey_not_made": "What the authenticator made is refused: see the origin, the RP ID and the challenge.",
    "missing_token": "An access token is needed: Authorization: Bearer …",
    "nothing_to_change": "There is nothing to change: it is so already.",
    "not_offered": "The tenant does not offer this, or the change does not wait for it.",
    "not_confirmed": "There is no way back: `confirm` must repeat the tenant's slug.",
    "not_an_administrator": "This person does not administer the tenant.",
    "precondition_required": "Send If-Match with the ETag of what you have read.",
    "second_factor_required": "The last second factor stays: this tenant insists on one.",
    "search_index_building": "The index of this field does not hold every customer yet: see /api/v1/search-indexes.",
    "slug_taken": "Another tenant has this slug.",
    "tenant_active": "The tenant was enabled meanwhile: nothing of it was destroyed.",
    "tenant_destroyed": "The tenant's keys are destroyed: it cannot be enabled again.",
    "too_many_emails": "A customer has six addresses at the most.",
    "too_many_phones": "A customer has three numbers at the most.",
    "username_same": "That is the user name already.",
    "username_taken": "Another customer has this user name, or left it lately.",
    "too_many_identities": "A customer has ten identities at the most.",
    "too_many_requests": "This client has called too often.",
    "password_unchecked": "The service that knows breached passwords does not answer, and none is set unchecked.",
    "unsupported_media_type": "Send application/json.",
    "version_changed": "It has been changed since you read it. Read it again.",
}
"""Code to a sentence for developers; codes that are not here speak for themselves."""


class Refused(Exception):
    """Carries a refusal out of a door to the place that renders it."""

    def __init__(self, refusal: Refusal, status: int = 0, headers: Mapping[str, str] | None = None) -> None:
        """Refuse with the refusal's own status, unless another is given."""
        super().__init__(refusal.code)
        self.refusal, self.status, self.headers = refusal, status, dict(headers or {})


def problem(
    request: Request,
    status: int,
    code: str,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document with the public *code* and, for 422, the *errors* by place."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "request_id": arrival_of(request.scope).request_id,
    }
    if code in DETAILS:
        body["detail"] = DETAILS[code]
    listed = list(errors)
    if listed:
        body["errors"] = listed
    return Response(msgspec.json.encode(body), status, dict(headers or {}), MEDIA_TYPE)


def refused(request: Request, given: Refused) -> Response:
    """Return the problem document of a refusal."""
    refusal, headers = given.refusal, given.headers
    status = given.status or _BY_CODE.get(refusal.code) or _STATUSES[type(refusal)]
    if isinstance(refusal, Throttled | Unavailable):
        headers["retry-after"] = str(max(1, refusal.retry_after))
    told = {one.field for one in refusal.violations}
    errors = [
        {"pointer": f"#/{name.replace('.', '/')}", "code": key}
        for name, key in refusal.fields.items()
        if name not in told
    ]
    errors += [{"pointer": f"#{one.pointer}", "code": one.code, "rule": one.rule} for one in refusal.violations]
    return problem(request, status, refusal.code, errors, headers)


def unreadable(request: Request, found: Iterable[Mapping[str, Any]]) -> Response:
    """Return the problem document of what Pydantic *found* wrong; no value that was sent is repeated."""
    return problem(request, 422, "invalid_request", [_error(one) for one in found])


def _error(one: Mapping[str, Any]) -> dict[str, str]:
    place, *path = [str(part) for part in one["loc"]]
    error = {"code": str(one["type"]), "detail": _safe(one)}
    if place == "body":
        return {"pointer": f"#{pointer(path)}", **error}
    return {"parameter": "/".join(path), **error}


def _safe(one: Mapping[str, Any]) -> str:
    # A message of value_error would quote what a validator said; ours do not raise, so that only Pydantic's remain.
    return str(one["msg"])[:300]
