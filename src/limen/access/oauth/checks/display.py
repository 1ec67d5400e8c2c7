"""``display``: how pages are to look (OpenID Connect Core §3.1.2.1).

One set of pages fits them all: it asks its window how wide it is, which a popup or a hand-held screen answers better
than the application's word for it. Masthead and footer stay in a popup too: they say whose page this is, and offer the
languages.
"""

from typing import Final

from limen.access.oauth.draft import Checked, Draft

DISPLAYS: Final = ("page", "popup", "touch")
"""A window, a popup and a hand-held screen. For the feature phone of ``wap`` nothing is made: it is shown the same."""
_KNOWN: Final = frozenset({None, *DISPLAYS, "wap"})


def check_display(draft: Draft) -> Checked:
    """Refuse what is none of the four values."""
    if draft.given.get("display") in _KNOWN:
        return draft
    return draft.refused("invalid_request", "display must be page, popup, touch or wap")
