"""Whom a token is for: the parameter ``resource`` (RFC 8707 §2), and what it may name."""

from collections.abc import Sequence

from limen.access.tokens.request import TokenRequest
from limen.kernel.errors import Invalid

CODE = "invalid_target"
"""RFC 8707 §2."""
RESOURCE = "resource"


def requested_targets(parameter: str | None, allowed: Sequence[str]) -> tuple[str, ...] | Invalid:
    """Return the resource servers that a request names, each once; none where it names none.

    Args:
        parameter: the values of every ``resource``, joined by spaces (:class:`limen.access.http.forms.FormLimits`).
        allowed: the identifiers that may be named. Only what is registered can be meant, so that a fragment, a relative
            reference or another spelling is simply not among them.
    """
    if not parameter:
        return ()
    named = tuple(dict.fromkeys(parameter.split(" ")))
    if any(name not in allowed for name in named):
        return Invalid(CODE, "a resource is not one that the client has")
    return named


def targets(ask: TokenRequest, granted: tuple[str, ...] = ()) -> tuple[str, ...] | Invalid:
    """Return the audiences of the token that *ask* wants: what it names of what was *granted*, or all of that.

    Nothing that was granted counts once it is withdrawn from the client. Where nothing was granted in particular, the
    client's own audiences are meant.
    """
    own = ask.client.document.audiences or (ask.desk.issuer,)
    parameter = ask.form.get(RESOURCE)
    if not granted:
        return own if parameter is None else requested_targets(parameter, own) or own
    left = tuple(name for name in granted if name in own)
    if not left:
        return Invalid(CODE, "every resource was withdrawn from the client")
    return requested_targets(parameter, left) or left
