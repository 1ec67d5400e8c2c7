"""What the OpenAPI 3.1 document says beside the doors themselves."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from limen.identity.administrators import SCOPES
from limen.integration.api.models.common import Problem
from limen.integration.api.problems import MEDIA_TYPE

SCHEME = "limen"
_MEANINGS = {
    304: "Not modified.",
    400: "The request is malformed.",
    401: "No access token, or one that is not good.",
    403: "The access token lacks a scope, or the rights to do this.",
    404: "There is no such thing.",
    409: "It exists already, or is being worked on.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "The request breaks a rule; `errors` says where.",
    428: "`If-Match` is missing.",
    429: "Too often; `Retry-After` says how long to wait.",
    503: "Overloaded; `Retry-After` says how long to wait.",
}
_ALWAYS = (400, 401, 403, 404, 422, 429)
_WITH_BODY = (413, 415)
_DESCRIPTION = """
The administration of one tenant: its clients and customers; on the default tenant, the tenants themselves.

Send an access token that this tenant issued, for the audience `{issuer}/api/v1` or the issuer itself, with the scope
that the operation names. A person's token counts only if the person administers the tenant. Nobody can register a
client with more administrative scopes than they have.

Reads answer with an `ETag`; changes want it back as `If-Match`. A `POST` may carry an `Idempotency-Key`. Lists are
pages linked by `next`. Whatever is refused is a problem document (RFC 9457).

Within `v1` members are added, never removed: pass over those you do not know. What will go is marked `deprecated` here
and answers with `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) for at least twelve months.
"""
_content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def needs(scope: str) -> dict[str, Any]:
    """Return the documentation, and the enforcement, of a door that needs *scope*."""
    return {"security": [{SCHEME: [scope]}]}


def answers(*more: int, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the documented refusals: those of every door, *more*, and those of a *body*."""
    statuses = sorted({*_ALWAYS, *more, *(_WITH_BODY if body else ())})
    return {status: {"description": _MEANINGS[status], "content": _content} for status in statuses}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the document, without ``servers``."""
    document = get_openapi(
        title="Limen administration API", version="1", description=_DESCRIPTION.strip(), routes=app.routes
    )
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    flow = {"tokenUrl": "../../token", "scopes": dict(SCOPES)}
    parts["securitySchemes"] = {SCHEME: {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    return document
