"""Rendering of hot answers: JSON, and OAuth errors (RFC 6749 §5.2)."""

import msgspec

from limen.access.http.records import HotResponse

HeaderPairs = tuple[tuple[str, str], ...]

NO_STORE: HeaderPairs = (("cache-control", "no-store"), ("pragma", "no-cache"))
"""RFC 6749 §5.1: what carries a token or a credential is kept by no cache."""

_JSON: HeaderPairs = (("content-type", "application/json"), ("x-content-type-options", "nosniff"))
_JSON_NO_STORE: HeaderPairs = _JSON + NO_STORE

_encode = msgspec.json.Encoder().encode


def json_response(
    value: object, status: int = 200, headers: HeaderPairs = (), *, cacheable: bool = False
) -> HotResponse:
    """Return *value* as a JSON answer, kept by no cache unless it is *cacheable*.

    Args:
        value: what msgspec encodes: built-in types, structs, dataclasses.
        status: the HTTP status.
        headers: further headers, lower-case names; a cacheable answer brings its ``cache-control`` here.
        cacheable: whether ``no-store`` is left out.
    """
    base = _JSON if cacheable else _JSON_NO_STORE
    return HotResponse(status, base + headers if headers else base, _encode(value))


def oauth_error(status: int, error: str, description: str = "", headers: HeaderPairs = ()) -> HotResponse:
    """Return an OAuth error answer (RFC 6749 §5.2).

    Args:
        status: 400, or 401 with a ``www-authenticate`` in *headers*, or what an extension says.
        error: a registered error code.
        description: for developers, fixed text of ours: printable ASCII without quotation mark and backslash.
        headers: further headers, lower-case names.
    """
    body = {"error": error, "error_description": description} if description else {"error": error}
    return HotResponse(status, _JSON_NO_STORE + headers if headers else _JSON_NO_STORE, _encode(body))
