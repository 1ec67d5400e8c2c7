"""Pages are found by look-up, and by the framework's list where that finds nothing."""

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from limen.experience.pages.finding import Finder

pytestmark = pytest.mark.anyio


async def _echo(request: Request) -> Response:
    if request.query_params.get("gone"):
        raise HTTPException(410)
    return PlainTextResponse(f"{request.scope['route'].path} {dict(request.path_params)}")


async def _failed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse("failed", error.status_code)


_ROUTES = [
    Route("/", _echo),
    Route("/account", _echo, methods=["GET", "POST"]),
    Route("/journey/{journey}", _echo, methods=["GET"]),
    Route("/mail/{id}/html", _echo),
]


@pytest.fixture
def ask():
    app = Finder(Starlette(routes=_ROUTES, exception_handlers={HTTPException: _failed}), _ROUTES, _failed)

    async def asked(path: str, method: str = "GET", root: str = "", query: bytes = b"") -> tuple[int, str]:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": root,
            "query_string": query,
            "headers": [],
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()

    return asked


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", "/ {}"),
        ("/account", "/account {}"),
        ("/journey/jrn_1", "/journey/{journey} {'journey': 'jrn_1'}"),
        ("/mail/3/html", "/mail/{id}/html {'id': '3'}"),
    ],
)
async def test_every_page_is_found_with_its_route_and_its_names(ask, path, found):
    assert await ask(path) == (200, found)


async def test_a_page_is_found_below_a_tenants_prefix(ask):
    assert await ask("/t/acme/journey/jrn_1", root="/t/acme") == (200, "/journey/{journey} {'journey': 'jrn_1'}")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/journey/", 404),
        ("GET", "/journey/a/b", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/journey/a", 405),
        ("PUT", "/account", 405),
        ("HEAD", "/account", 200),
    ],
)
async def test_what_is_not_found_is_answered_as_the_framework_does(ask, method, path, status):
    assert (await ask(path, method))[0] == status


async def test_a_status_that_a_page_raises_is_answered_by_the_page_for_it(ask):
    assert await ask("/account", query=b"gone=1") == (410, "failed")
