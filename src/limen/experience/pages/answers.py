"""What pages answer with: HTML, a redirect, JSON, a file."""

import json
import re
from typing import Any, Final
from urllib.parse import quote

from msgspec.structs import replace

from limen.access.http import HotResponse

Header = tuple[str, str]
_HTML: Final[Header] = ("content-type", "text/html; charset=utf-8")
_TEXT: Final[Header] = ("content-type", "text/plain; charset=utf-8")
_JSON: Final[Header] = ("content-type", "application/json")
_SAFE: Final = ":/%#?=@[]!$&'()*+,;"
_PLAIN: Final = re.compile(rf"[A-Za-z0-9_.~\-{re.escape(_SAFE)}]*")


def html(text: str, status: int = 200, *headers: Header) -> HotResponse:
    """Return a page."""
    return HotResponse(status, (_HTML, *headers), text.encode())


def plain(text: str, status: int) -> HotResponse:
    """Return *text* as it is."""
    return HotResponse(status, (_TEXT,), text.encode())


def redirect(location: str) -> HotResponse:
    """Send the browser to GET *location* (303, RFC 9110 §15.4.4)."""
    return HotResponse(303, (("location", in_header(location)),))


def as_json(value: Any, status: int = 200, *headers: Header) -> HotResponse:
    """Return *value* as JSON, what looks like text in it as text."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return HotResponse(status, (_JSON, *headers), body.encode())


def file(body: bytes, kind: str, *headers: Header) -> HotResponse:
    """Return *body*, of the media type *kind*."""
    return HotResponse(200, (("content-type", kind), *headers), body)


def saying(answer: HotResponse, *headers: Header) -> HotResponse:
    """Return *answer* with more *headers*."""
    return replace(answer, headers=answer.headers + headers)


def retrying(answer: HotResponse, seconds: int) -> HotResponse:
    """Return *answer* with what says in how many *seconds* the same may be tried again, if it is worth while."""
    return saying(answer, ("retry-after", str(seconds))) if seconds else answer


def in_header(address: str) -> str:
    """Return *address* with whatever a header cannot hold percent-encoded."""
    return address if _PLAIN.fullmatch(address) else quote(address, safe=_SAFE)
