"""The checks of an authorization request, one small file each, in one table.

The order matters twice: up to ``redirect_uri`` a refusal is a page, behind it a redirect; and ``response_mode`` comes
before whatever is answered by it.
"""

from enum import Flag, auto
from typing import Final

from limen.access.oauth.checks.assurance import check_assurance
from limen.access.oauth.checks.authorization_details import check_authorization_details
from limen.access.oauth.checks.claims import check_claims, refuse_claims
from limen.access.oauth.checks.client import check_client
from limen.access.oauth.checks.credentials import refuse_credentials
from limen.access.oauth.checks.display import check_display
from limen.access.oauth.checks.dpop_jkt import check_dpop_jkt
from limen.access.oauth.checks.grant_type import check_grant_type
from limen.access.oauth.checks.hint import check_id_token_hint
from limen.access.oauth.checks.max_age import check_max_age
from limen.access.oauth.checks.nonce import check_nonce
from limen.access.oauth.checks.pkce import check_pkce
from limen.access.oauth.checks.profile import check_decoupled_profile, check_profile
from limen.access.oauth.checks.prompt import check_prompt
from limen.access.oauth.checks.pushed import check_pushed
from limen.access.oauth.checks.redirect_uri import check_redirect_uri
from limen.access.oauth.checks.resource import check_resource
from limen.access.oauth.checks.response_mode import check_response_mode
from limen.access.oauth.checks.response_type import check_response_type
from limen.access.oauth.checks.scope import check_scope
from limen.access.oauth.checks.signed import check_signed
from limen.access.oauth.checks.state import check_state
from limen.access.oauth.checks.unsupported import check_unsupported
from limen.access.oauth.checks.wishes import check_wishes
from limen.access.oauth.draft import Check


class Endpoint(Flag):
    """Where a request may arrive: the columns of the table."""

    A = auto()
    """The authorization endpoint (OpenID Connect Core §3.1.2.2)."""
    P = auto()
    """Pushed authorization requests (RFC 9126 §2.1)."""
    D = auto()
    """Device authorization (RFC 8628 §3.1): nothing is redirected, and nothing is bound to a browser."""
    B = auto()
    """Backchannel authentication (CIBA Core §7.1): the same."""


A, P, D, B = Endpoint

# fmt: off
TABLE: Final[tuple[tuple[Check, Endpoint], ...]] = (
    (check_client,         A | P | D | B),
    (check_state,          A | P        ),
    (check_redirect_uri,   A | P        ),
    # From here on a refusal is redirected.
    (check_response_mode,  A | P        ),
    (check_unsupported,    A | P | D | B),
    (check_response_type,  A | P        ),
    (check_pushed,         A            ),
    (check_signed,         A | P        ),
    (check_grant_type,     A | P        ),
    (check_scope,          A | P | D | B),
    (refuse_credentials,           D | B),
    (check_resource,       A | P | D | B),
    (check_authorization_details, A | P | D | B),
    (check_prompt,         A | P        ),
    (check_display,        A | P        ),
    (check_max_age,        A | P | D    ),
    (check_nonce,          A | P        ),
    (check_pkce,           A | P        ),
    (check_dpop_jkt,       A | P        ),
    (check_wishes,         A | P | D | B),
    (check_id_token_hint,  A | P        ),
    (check_claims,         A | P        ),
    (refuse_claims,                D | B),
    (check_assurance,      A | P | D | B),
    (check_profile,        A | P        ),
    (check_decoupled_profile,      D | B),
)
# fmt: on
"""Steps are rows, endpoints are columns."""


def column(endpoint: Endpoint) -> tuple[Check, ...]:
    """Return the checks of one endpoint, in order."""
    return tuple(check for check, endpoints in TABLE if endpoint in endpoints)


AUTHORIZATION: Final = column(A)
PUSHED: Final = column(P)
DEVICE: Final = column(D)
BACKCHANNEL: Final = column(B)
