"""What the edge itself answers: a problem document (RFC 9457), or a bare page for people."""

from html import escape
from http import HTTPStatus
from typing import Final

import msgspec

from limen.integration.edge.asgi import AsgiApp, RawHeaders, Receive, Scope, Send, raw_header

_PAGE: Final = "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{request_id}"


def refusal(status: int, code: str, headers: RawHeaders | None = None) -> AsgiApp:
    """Return an application that answers *status* with the public *code*, as HTML to whoever accepts HTML."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        arrival = scope.get("state", {}).get("arrival")
        request_id = arrival.request_id if arrival is not None else ""
        title = HTTPStatus(status).phrase
        if "text/html" in raw_header(scope, b"accept"):
            content_type, body = b"text/html; charset=utf-8", _page(title, request_id)
        else:
            content_type = b"application/problem+json"
            problem = {"type": "about:blank", "title": title, "status": status, "code": code, "request_id": request_id}
            body = msgspec.json.encode(problem)
        length = str(len(body)).encode()
        start = [(b"content-type", content_type), (b"content-length", length), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": start + (headers or [])})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return answer


def _page(title: str, request_id: str) -> bytes:
    return _PAGE.format(title=escape(title), request_id=escape(request_id)).encode()
