"""``response_mode``: how the answer travels (OAuth 2.0 Multiple Response Types §2.1, JARM §2.3)."""

from typing import Final, get_args

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.records import ResponseMode

RESPONSE_MODES: Final = (*get_args(ResponseMode), "jwt")
_SIGNED: Final = ".jwt"
_IN_FRAGMENT: Final = frozenset({"token", "id_token"})
"""Response types whose answers never travel in a query, errors included (Multiple Response Types §5)."""


def check_response_mode(draft: Draft) -> Checked:
    """Settle how the answer travels; a refusal of the mode itself travels as is usual for the response type.

    Types that hold tokens are refused by the next check, but where their clients look for it: in the fragment.
    """
    types = draft.given.get("response_type", "").split()
    usual = "query" if _IN_FRAGMENT.isdisjoint(types) else "fragment"
    if usual != draft.request.response_mode:
        draft = draft.having(response_mode=usual)
    mode = draft.given.get("response_mode", usual)
    if mode == usual:
        return draft
    if mode not in RESPONSE_MODES:
        return draft.refused("invalid_request", "response_mode is not supported")
    if mode == "jwt":
        mode = usual + _SIGNED
    if usual == "fragment" and mode.removesuffix(_SIGNED) == "query":
        return draft.refused("invalid_request", "response_mode query is not for this response_type")
    return draft.having(response_mode=mode)
