"""The checks of an authorization request, one small file each, in one table.

The order matters twice: up to ``redirect_uri`` a refusal is a page, behind it a redirect; and ``response_mode`` comes
before whatever is answered by it. Another endpoint that takes such requests (PAR, device, CIBA) becomes another tuple
of these rows.
"""

from limen.access.oauth.checks.client import check_client
from limen.access.oauth.checks.grant_type import check_grant_type
from limen.access.oauth.checks.hint import check_id_token_hint
from limen.access.oauth.checks.max_age import check_max_age
from limen.access.oauth.checks.nonce import check_nonce
from limen.access.oauth.checks.pkce import check_pkce
from limen.access.oauth.checks.prompt import check_prompt
from limen.access.oauth.checks.redirect_uri import check_redirect_uri
from limen.access.oauth.checks.response_mode import check_response_mode
from limen.access.oauth.checks.response_type import check_response_type
from limen.access.oauth.checks.scope import check_scope
from limen.access.oauth.checks.state import check_state
from limen.access.oauth.checks.unsupported import check_unsupported
from limen.access.oauth.checks.wishes import check_wishes
from limen.access.oauth.draft import Check

AUTHORIZATION: tuple[Check, ...] = (
    check_client,
    check_state,
    check_redirect_uri,
    # From here on a refusal is redirected.
    check_response_mode,
    check_unsupported,
    check_response_type,
    check_grant_type,
    check_scope,
    check_pkce,
    check_prompt,
    check_max_age,
    check_nonce,
    check_wishes,
    check_id_token_hint,
)
"""The authorization endpoint's column (OpenID Connect Core §3.1.2.2)."""

DEVICE: tuple[Check, ...] = (check_client, check_unsupported, check_scope, check_max_age, check_wishes)
"""The device authorization endpoint's (RFC 8628 §3.1): nothing is redirected, and nothing is bound to a browser."""

BACKCHANNEL: tuple[Check, ...] = (check_client, check_unsupported, check_scope, check_wishes)
"""The backchannel authentication endpoint's (CIBA Core §7.1)."""
