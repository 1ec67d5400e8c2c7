"""The tokens of a sign-in, all that a grant answers with: one place for every grant behind which a person stands."""

import msgspec

from limen.access.tokens.asked_claims import USERINFO_CLAIMS, asked_claims
from limen.access.tokens.claims import custom_claims
from limen.access.tokens.details import granted_details
from limen.access.tokens.issue import TokenSet, access_token, id_token
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import Mandate, TokenRequest
from limen.access.tokens.targets import targets
from limen.kernel.errors import Refusal


class Granted(msgspec.Struct, frozen=True, gc=False):
    """What a family holds, and what is to be sent beside the access token.

    Attributes:
        family: the token family.
        customer_id: whose it is.
        scopes: what was granted, or less where the request asks for less.
        authentication: the sign-in behind it, and its terms.
        refresh_token: for the answer; empty for none.
        nonce: for the ID token; empty for none.
    """

    family: str
    customer_id: str
    scopes: tuple[str, ...]
    authentication: Authentication
    refresh_token: str = ""
    nonce: str = ""


async def mandate_of(ask: TokenRequest, granted: Granted) -> Mandate | Refusal:
    """Return what an access token for *ask* may rest on: never more than was *granted*.

    Returns:
        ``invalid_target`` (RFC 8707 §2.2), ``invalid_authorization_details`` (RFC 9396 §6), or ``invalid_grant`` where
        the customer was erased.
    """
    signed_in = granted.authentication
    audiences = targets(ask, signed_in.terms.resources)
    if isinstance(audiences, Refusal):
        return audiences
    details = await granted_details(ask, granted.customer_id, signed_in)
    if isinstance(details, Refusal):
        return details
    extra = await custom_claims(ask.desk, ask.client, granted.scopes, "access_token", signed_in.subject)
    if signed_in.terms.userinfo_claims:
        extra = {**extra, USERINFO_CLAIMS: signed_in.terms.userinfo_claims}
    return Mandate(granted.scopes, signed_in, granted.family, audiences, details, claims=extra)


async def tokens_of(ask: TokenRequest, granted: Granted, mandate: Mandate) -> TokenSet:
    """Return the tokens that *mandate* allows, an ID token among them where ``openid`` was granted."""
    signed_in = granted.authentication
    tokens = access_token(ask, mandate)
    identity = ""
    if "openid" in granted.scopes:
        document = ask.client.document
        extra = await custom_claims(ask.desk, ask.client, granted.scopes, "id_token", signed_in.subject)
        if signed_in.terms.id_token_claims:
            asked = await asked_claims(ask.desk, document, signed_in.terms.id_token_claims, signed_in.subject)
            extra = {**extra, **asked}
        identity = id_token(ask, signed_in, tokens.access_token, granted.nonce, extra)
    return msgspec.structs.replace(tokens, refresh_token=granted.refresh_token, id_token=identity)
