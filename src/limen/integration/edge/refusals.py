"""What the edge itself answers: a problem document (RFC 9457), or a page for people where somebody renders one."""

from http import HTTPStatus
from typing import Final, Protocol

import msgspec
import structlog

from limen.integration.edge.asgi import AsgiApp, RawHeaders, Receive, Scope, Send, raw_header

_log = structlog.get_logger("limen.edge")
_HTML: Final = b"text/html; charset=utf-8"
_PROBLEM: Final = b"application/problem+json"


class RefusalPages(Protocol):
    """Renders what the edge refuses, in the reader's language; the edge knows nothing of templates."""

    def __call__(self, scope: Scope, status: int, code: str, /) -> bytes | None:
        """Return the page as UTF-8; None where what was asked for is no page. It must wait for nothing."""
        ...


def no_pages(_scope: Scope, _status: int, _code: str) -> None:
    """Render nothing: everybody gets the problem document."""


def refusal(status: int, code: str, headers: RawHeaders | None = None, pages: RefusalPages = no_pages) -> AsgiApp:
    """Return an application that answers *status* with the public *code*, as one of *pages* to a browser."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        page = _page(scope, (status, code), pages) if "text/html" in raw_header(scope, b"accept") else None
        content_type, body = (_HTML, page) if page is not None else (_PROBLEM, _problem(scope, status, code))
        length = str(len(body)).encode()
        start = [(b"content-type", content_type), (b"content-length", length), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": start + (headers or [])})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return answer


def _page(scope: Scope, said: tuple[int, str], pages: RefusalPages) -> bytes | None:
    try:
        return pages(scope, *said)
    except Exception as fault:  # noqa: BLE001  # a refusal must not become another fault
        _log.exception("edge.page_failed", request_id=_request_id(scope), fault=type(fault).__name__)
        return None


def _problem(scope: Scope, status: int, code: str) -> bytes:
    title = HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "code": code, "request_id": _request_id(scope)}
    return msgspec.json.encode(problem)


def _request_id(scope: Scope) -> str:
    arrival = scope.get("state", {}).get("arrival")
    return arrival.request_id if arrival is not None else ""
