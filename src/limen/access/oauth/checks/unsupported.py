"""Parameters that we know and do not serve: refused, since a relying party would believe that they hold.

Where request objects are served, they are opened before the checks, and what they hold stands in their place. Whatever
is not known at all is ignored (RFC 6749 §3.1).
"""

from collections.abc import Mapping

from limen.access.oauth.draft import Checked, Draft

REFUSED: Mapping[str, tuple[str, str]] = {
    "request": ("request_not_supported", "request objects are not supported"),
    "request_uri": ("request_uri_not_supported", "request_uri is not supported"),
    "registration": ("registration_not_supported", "registration in a request is not supported"),
}
"""Parameter to error code (OpenID Connect Core §3.1.2.6) and description."""


def check_unsupported(draft: Draft) -> Checked:
    """Refuse the first of them."""
    for name, (code, description) in REFUSED.items():
        if name in draft.given:
            return draft.refused(code, description)
    return draft
