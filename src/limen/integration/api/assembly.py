"""The API put together. Imported with the first request, and by nobody else."""

import asyncio
from functools import cache
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from limen.integration.api.document import describe
from limen.integration.api.doors import (
    account,
    account_changes,
    account_choices,
    account_emails,
    account_factors,
    account_identities,
    account_phones,
    account_rights,
    account_safety,
    attacks,
    audit,
    clients,
    consents,
    customers,
    destinations,
    detail_types,
    emails,
    factors,
    identities,
    imports,
    initial_tokens,
    keys,
    phones,
    preferences,
    privacy,
    profile_schema,
    purposes,
    resource_servers,
    risk,
    safety,
    search_indexes,
    tenants,
)
from limen.integration.api.parts import PREFIX, ApiParts
from limen.integration.api.problems import problem
from limen.integration.api.signposts import Signposts
from limen.integration.edge.arrival import arrival_of

DOCUMENT = f"{PREFIX}/openapi.json"
_DOORS = (
    tenants,
    clients,
    initial_tokens,
    resource_servers,
    detail_types,
    customers,
    emails,
    phones,
    identities,
    profile_schema,
    search_indexes,
    imports,
    factors,
    safety,
    purposes,
    consents,
    preferences,
    privacy,
    keys,
    audit,
    attacks,
    risk,
    account,
    account_changes,
    account_choices,
    account_emails,
    account_factors,
    account_identities,
    account_phones,
    account_rights,
    account_safety,
    destinations,
)


def assemble(parts: ApiParts) -> FastAPI:
    """Return the application."""
    app = _empty()
    app.state.parts = parts
    app.router.routes.append(Signposts(_doors()))
    app.add_route(DOCUMENT, _openapi, methods=["GET"], include_in_schema=False)
    app.add_exception_handler(HTTPException, _unmatched)
    return app


def _empty() -> FastAPI:
    return FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)


@cache
def _doors() -> list[APIRoute]:
    return [route for door in _DOORS for route in door.router.routes if isinstance(route, APIRoute)]


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of all doors, without ``servers``; it takes a second or two, once."""
    return describe(_doors())


async def _openapi(request: Request) -> Response:
    found = await asyncio.to_thread(document)
    servers = [{"url": arrival_of(request.scope).prefix or "/", "description": "This tenant"}]
    body = msgspec.json.encode({**found, "servers": servers})
    return Response(body, headers={"cache-control": "public, max-age=300"}, media_type="application/json")


async def _unmatched(request: Request, fault: Exception) -> Response:
    """Answer for what no door answers to: 404, or 405 with every method of the path (RFC 9110 §15.5.6)."""
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    if status != 405:
        return problem(request, status, "not_found" if status == 404 else "invalid_request")
    allowed = {
        method
        for door in _doors()
        if door.matches({**request.scope})[0] is not Match.NONE
        for method in door.methods or ()
    }
    return problem(
        request,
        405,
        "method_not_allowed",
        headers={"allow": ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))},
    )
