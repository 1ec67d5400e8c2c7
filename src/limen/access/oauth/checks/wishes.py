"""``login_hint``, ``ui_locales``, ``acr_values``: wishes that bind nobody (OpenID Connect Core §3.1.2.1)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.texts import LONGEST_HINT, LONGEST_LIST, is_plain, locales_in

_NAMES = frozenset({"login_hint", "ui_locales", "acr_values"})


def check_wishes(draft: Draft) -> Checked:
    """Keep them within bounds. A language that is not one must not be an error (§3.1.2.1): it is left out."""
    given = draft.given
    if _NAMES.isdisjoint(given):
        defaults = _default(draft)
        return draft.having(acr_values=defaults) if defaults else draft
    hint, locales, acrs = (given.get(name, "") for name in ("login_hint", "ui_locales", "acr_values"))
    if not is_plain(hint, LONGEST_HINT):
        return draft.refused("invalid_request", "login_hint is too long or holds control characters")
    if not is_plain(locales, LONGEST_LIST) or not is_plain(acrs, LONGEST_LIST):
        return draft.refused("invalid_request", "ui_locales or acr_values is too long or malformed")
    return draft.having(
        login_hint=hint,
        ui_locales=locales_in(locales),
        acr_values=tuple(dict.fromkeys(acrs.split())) or _default(draft),
    )


def _default(draft: Draft) -> tuple[str, ...]:
    """Return what the client registered for requests that say nothing (OpenID Connect Registration §2)."""
    return draft.client.default_acr_values if draft.client is not None else ()
