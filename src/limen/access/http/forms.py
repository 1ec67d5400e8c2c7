"""Strict parsing of form bodies and queries: refused before any of it is used.

A parser that repairs what it reads lets two readers of one request disagree, which is how parameters are smuggled past
a guard. So what is malformed, repeated or too much is refused as a whole, here, once.
"""

import re
from binascii import a2b_qp
from dataclasses import dataclass
from typing import Final

from limen.kernel.errors import Invalid, Refusal

FORM: Final = "application/x-www-form-urlencoded"

_BROKEN_ESCAPE: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_CHARSETS: Final = frozenset({"utf-8", '"utf-8"'})


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How much a form may hold.

    Attributes:
        body: bytes of the whole, encoded.
        parameters: how many.
        name: characters of a name, decoded.
        value: characters of a value, decoded.
        repeatable: names that may come more than once (``resource``, RFC 8707 §2); their values arrive joined by one
            space, and a value of theirs that itself holds white space is refused.
    """

    body: int = 65_536
    parameters: int = 64
    name: int = 64
    value: int = 32_768
    repeatable: frozenset[str] = frozenset()


DEFAULT_LIMITS: Final = FormLimits()


def parse_form(body: bytes, content_type: str | None, limits: FormLimits = DEFAULT_LIMITS) -> dict[str, str] | Refusal:
    """Return the parameters of an ``application/x-www-form-urlencoded`` *body*, or why not.

    Parameters without a value count as omitted, and none may come twice (RFC 6749 §3.2). The refusal's code is
    ``invalid_request``; its ``detail`` is a fixed phrase that holds nothing of the input, so that it may serve as an
    ``error_description``.
    """
    if content_type != FORM and not _is_form(content_type):
        return _refused("the content type must be application/x-www-form-urlencoded")
    if len(body) > limits.body:
        return _refused("the body is too long")
    try:
        return _parse(body.decode(), limits)
    except UnicodeDecodeError:
        return _refused("the body is not UTF-8")


def parse_query(query: str, limits: FormLimits = DEFAULT_LIMITS) -> dict[str, str] | Refusal:
    """Return the parameters of a raw *query* by the same rules (RFC 6749 §3.1)."""
    if len(query) > limits.body:
        return _refused("the query is too long")
    return _parse(query, limits)


def _is_form(content_type: str | None) -> bool:
    media_type, _, parameters = (content_type or "").partition(";")
    if media_type.strip().lower() != FORM:
        return False
    name, _, value = parameters.strip().partition("=")
    return not name or (name.strip().lower() == "charset" and value.strip().lower() in _CHARSETS)


def _parse(text: str, limits: FormLimits) -> dict[str, str] | Refusal:
    if not text:
        return {}
    if text.count("&") >= limits.parameters:
        return _refused("there are too many parameters")
    if _is_broken(text):
        return _refused("the parameters are not encoded properly")
    try:
        return _collect(text, limits)
    except UnicodeDecodeError:
        return _refused("a parameter is not UTF-8")


def _is_broken(text: str) -> bool:
    # A NUL is never meant, and ends a string early for whoever reads it in C.
    return "\x00" in text or ("%" in text and ("%00" in text or _BROKEN_ESCAPE.search(text) is not None))


def _collect(text: str, limits: FormLimits) -> dict[str, str] | Refusal:
    found: dict[str, str] = {}
    is_sparse = False
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = _decode(name), _decode(value)
        if not name:
            if pair:
                return _refused("a parameter has no name")
            continue
        if len(name) > limits.name or len(value) > limits.value:
            return _refused("a parameter is too long")
        if name in found or name in limits.repeatable:
            joined = _join(name, found.get(name, ""), value, limits)
            if joined is None:
                return _refused("a parameter is repeated")
            value = joined
        is_sparse = is_sparse or not value
        found[name] = value
    return {name: value for name, value in found.items() if value} if is_sparse else found


def _join(name: str, before: str, value: str, limits: FormLimits) -> str | None:
    if name not in limits.repeatable or value.split() != [value][: bool(value)]:
        return None
    return f"{before} {value}".strip()


def _decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    # every percent sign has its two digits by now: what remains is quoted-printable (RFC 2045 §6.7), read in one call
    return a2b_qp(text.encode().replace(b"=", b"=3D").replace(b"%", b"=")).decode()


def _refused(detail: str) -> Refusal:
    return Invalid("invalid_request", detail)
