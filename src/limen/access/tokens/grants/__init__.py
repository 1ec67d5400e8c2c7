"""Grants: one strategy a file, chosen by ``grant_type`` in one table (RFC 6749 §4)."""

from collections.abc import Awaitable, Callable, Mapping

from limen.access.tokens.grants.authorization_code import redeem_code
from limen.access.tokens.grants.ciba import redeem_auth_req_id
from limen.access.tokens.grants.client_credentials import issue_to_client
from limen.access.tokens.grants.device_code import redeem_device_code
from limen.access.tokens.grants.jwt_bearer import redeem_assertion
from limen.access.tokens.grants.refresh_token import rotate_refresh_token
from limen.access.tokens.grants.token_exchange import exchange_token
from limen.access.tokens.issue import TokenSet
from limen.access.tokens.request import TokenRequest
from limen.kernel.errors import Refusal

Grant = Callable[[TokenRequest], Awaitable[TokenSet | Refusal]]
"""A request whose client is proven, to tokens."""
OTHER = "other"
"""What metrics call whatever is no grant of ours."""

GRANTS: Mapping[str, Grant] = {
    "authorization_code": redeem_code,
    "refresh_token": rotate_refresh_token,
    "client_credentials": issue_to_client,
    "urn:ietf:params:oauth:grant-type:device_code": redeem_device_code,
    "urn:ietf:params:oauth:grant-type:token-exchange": exchange_token,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": redeem_assertion,
    "urn:openid:params:grant-type:ciba": redeem_auth_req_id,
}

NAMES: Mapping[str, str] = {grant_type: grant_type.rpartition(":")[2] for grant_type in GRANTS}
"""What metrics call each grant: ``device_code`` for ``urn:ietf:params:oauth:grant-type:device_code``."""
