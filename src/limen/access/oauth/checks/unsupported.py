"""Parameters that we know and do not serve: refused, since a relying party would believe that they hold.

OpenID Connect Core §5.5 lets ``claims`` be passed over where it is not supported. But ``claims`` can require a certain
subject or assurance, and a requirement that is silently dropped is worse than an error; discovery says that it is not
supported. Whatever is not known at all is ignored (RFC 6749 §3.1).
"""

from collections.abc import Mapping

from limen.access.oauth.draft import Checked, Draft

REFUSED: Mapping[str, tuple[str, str]] = {
    "request": ("request_not_supported", "request objects are not supported"),
    "request_uri": ("request_uri_not_supported", "request_uri is not supported"),
    "registration": ("registration_not_supported", "registration in a request is not supported"),
    "claims": ("invalid_request", "the claims parameter is not supported"),
}
"""Parameter to error code (OpenID Connect Core §3.1.2.6) and description."""


def check_unsupported(draft: Draft) -> Checked:
    """Refuse the first of them."""
    for name, (code, description) in REFUSED.items():
        if name in draft.given:
            return draft.refused(code, description)
    return draft
