"""``max_age``: seconds since the last proof (OpenID Connect Core §3.1.2.1)."""

import re

from limen.access.oauth.draft import Checked, Draft

_SECONDS = re.compile(r"[0-9]{1,10}")


def check_max_age(draft: Draft) -> Checked:
    """Keep the limit: a whole number, not negative."""
    given = draft.given.get("max_age")
    if given is None:  # OpenID Connect Registration §2: a request overrides the default
        default = draft.client.default_max_age if draft.client is not None else None
        return draft if default is None else draft.having(max_age=default)
    if not _SECONDS.fullmatch(given):
        return draft.refused("invalid_request", "max_age must be a number of seconds")
    return draft.having(max_age=int(given))
