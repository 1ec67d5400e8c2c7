"""Scope parameters (RFC 6749 §3.3)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from limen.identity.administrators import ADMINISTRATIVE
from limen.identity.customers.scopes import ACCOUNT, ACCOUNT_SCOPES
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.scopes import SCOPE

OFFLINE_ACCESS = "offline_access"
_FOR_ITSELF: Final = frozenset({"openid", OFFLINE_ACCESS})
MACHINE_FORBIDDEN = frozenset({"openid", OFFLINE_ACCESS, "profile", "email", "phone", "address", *ACCOUNT_SCOPES})
"""These speak of a person; a client in its own name has none."""

_SHORT: Final = 256
"""Characters of a scope parameter whose reading is remembered: most clients ask for the same, time after time."""


def passed_on(scopes: Sequence[str]) -> tuple[str, ...]:
    """Return those of *scopes* that a token may have which rests on another token, or on another issuer's word.

    What a sign-in gives to the client that asked for it is not among them; nor is a customer's own account, or
    administering: that is for who signed in for it, or for a client by its own credentials, and never for whoever may
    speak for them.
    """
    kept = (ADMINISTRATIVE, ACCOUNT)
    return tuple(scope for scope in scopes if scope not in _FOR_ITSELF and not scope.startswith(kept))


def machine_scopes(parameter: str | None, registered: tuple[str, ...]) -> tuple[str, ...] | Refusal:
    """Return the scopes that a client in its own name asks for, as :func:`requested_scopes`."""
    return requested_scopes(parameter, _for_machines(registered))


@lru_cache(maxsize=1_024)
def _for_machines(registered: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scope for scope in registered if scope not in MACHINE_FORBIDDEN)


def requested_scopes(parameter: str | None, allowed: Sequence[str]) -> tuple[str, ...] | Refusal:
    """Return the scopes a request asks for, each once; all that is allowed when it names none.

    Returns:
        ``invalid_scope`` for what is malformed or not allowed (RFC 6749 §5.2).
    """
    if parameter is None:
        return tuple(allowed)
    if len(parameter) <= _SHORT:
        return _remembered(parameter, tuple(allowed))
    return _requested(parameter, tuple(allowed))


def _requested(parameter: str, allowed: tuple[str, ...]) -> tuple[str, ...] | Refusal:
    scopes = tuple(dict.fromkeys(parameter.split(" ")))
    if any(not SCOPE.fullmatch(scope) for scope in scopes):
        return Invalid("invalid_scope", "a scope is malformed")
    if any(scope not in allowed for scope in scopes):
        return Invalid("invalid_scope", "a scope is not allowed for this client")
    return scopes


_remembered = lru_cache(maxsize=1_024)(_requested)
