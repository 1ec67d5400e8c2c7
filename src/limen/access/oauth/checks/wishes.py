"""``login_hint``, ``ui_locales``, ``acr_values``: wishes that bind nobody (OpenID Connect Core §3.1.2.1)."""

import re

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.texts import is_plain

MAX_HINT = 320
MAX_LIST = 512
_NAMES = frozenset({"login_hint", "ui_locales", "acr_values"})
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}")  # RFC 5646 §2.1, roughly


def check_wishes(draft: Draft) -> Checked:
    """Keep them within bounds. A language that is not one must not be an error (§3.1.2.1): it is left out."""
    given = draft.given
    if _NAMES.isdisjoint(given):
        defaults = _default(draft)
        return draft.having(acr_values=defaults) if defaults else draft
    hint, locales, acrs = (given.get(name, "") for name in ("login_hint", "ui_locales", "acr_values"))
    if not is_plain(hint, MAX_HINT):
        return draft.refused("invalid_request", "login_hint is too long or holds control characters")
    if not is_plain(locales, MAX_LIST) or not is_plain(acrs, MAX_LIST):
        return draft.refused("invalid_request", "ui_locales or acr_values is too long or malformed")
    return draft.having(
        login_hint=hint,
        ui_locales=tuple(dict.fromkeys(one for one in locales.split() if _LOCALE.fullmatch(one))),
        acr_values=tuple(dict.fromkeys(acrs.split())) or _default(draft),
    )


def _default(draft: Draft) -> tuple[str, ...]:
    """Return what the client registered for requests that say nothing (OpenID Connect Registration §2)."""
    return draft.client.default_acr_values if draft.client is not None else ()
