"""How a client proves itself (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2, OpenID Connect Core §9).

A client has one registered method and no other is accepted for it; a request that uses two is refused (RFC 6749
§2.3). Whatever fails looks the same from outside: ``invalid_client``.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from limen.access.clients.records import AuthMethod, Client
from limen.access.clients.secrets import open_secrets, standing
from limen.access.http import HotRequest
from limen.access.http.basic import parse_basic
from limen.access.jose.foreign import MAC_ALGORITHMS, ClientKeys, ClientSecrets, parse_unverified_issuer
from limen.access.tokens.certificates import certificate_refused
from limen.access.tokens.client_keys import keys_for
from limen.access.tokens.desk import Desk, LoadedClient
from limen.access.tokens.profiles import is_fapi, signature_algorithms
from limen.access.tokens.records import Use
from limen.kernel.encoding import sha256
from limen.kernel.errors import Invalid, Refusal, Unauthenticated

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""RFC 7523 §2.2."""
ASSERTION_USE = "client-assertion"
"""The kind of a :class:`Use` that is an assertion (RFC 7523 §3: ``jti``)."""


@dataclass(frozen=True, slots=True)
class PresentedClient:
    """What a request says about its client: who, by which method, with which proof."""

    client_id: str
    method: AuthMethod
    proof: str = field(default="", repr=False)


class Proven(msgspec.Struct, frozen=True, gc=False):
    """The client that a request proves, and what of the proof may be used once; that is still to be looked for."""

    client: Client
    uses: tuple[Use, ...] = ()


def present(authorization: str | None, form: Mapping[str, str]) -> PresentedClient | Refusal:
    """Read the client from an ``Authorization`` header and a form; nothing is proven yet."""
    claimed = form.get("client_id", "")
    used = [authorization is not None, "client_secret" in form, "client_assertion" in form]
    if sum(used) > 1:
        return Invalid("invalid_request", "more than one client authentication method")
    if authorization is not None:
        basic = parse_basic(authorization)
        if isinstance(basic, Refusal):
            return basic
        if claimed and claimed != basic.client_id:
            return Invalid("invalid_request", "client_id differs from the Authorization header")
        return PresentedClient(basic.client_id, AuthMethod.BASIC, basic.secret.reveal())
    if "client_assertion" in form or "client_assertion_type" in form:
        if form.get("client_assertion_type") != JWT_BEARER:
            return Invalid("invalid_request", "client_assertion_type is not known")
        assertion = form.get("client_assertion", "")
        issuer = parse_unverified_issuer(assertion)
        if issuer is None or (claimed and claimed != issuer):
            return Unauthenticated("invalid_client", "the assertion names no client, or another")
        return PresentedClient(issuer, AuthMethod.PRIVATE_KEY_JWT, assertion)
    if not claimed:
        return Unauthenticated("invalid_client", "no client credentials")
    if "client_secret" in form:
        return PresentedClient(claimed, AuthMethod.POST, form["client_secret"])
    return PresentedClient(claimed, AuthMethod.NONE)


async def prove(desk: Desk, request: HotRequest, form: Mapping[str, str]) -> Proven | Refusal:
    """Return the client that *request* and its *form* prove."""
    authorization = request.headers.get("authorization")
    known = desk.remembered.find(authorization, form) if authorization is not None else None
    if known is not None and await desk.clients(known[0]) is known[1]:
        return Proven(known[1].client)
    presented = present(authorization, form)
    if isinstance(presented, Refusal):
        return presented
    proven = await authenticate(desk, presented, request)
    if authorization is not None and isinstance(proven, Proven):
        await _remember(desk, authorization, proven.client)
    return proven


async def _remember(desk: Desk, authorization: str, client: Client) -> None:
    """Remember what was right, but not during a rotation, when one secret is about to run out."""
    loaded = await desk.clients(client.client_id)
    if loaded is not None and loaded.client is client and len(client.document.secret_hashes) == 1:
        desk.remembered.keep(authorization, client.client_id, loaded)


async def authenticate(desk: Desk, presented: PresentedClient, request: HotRequest) -> Proven | Refusal:
    """Return the client that *presented* proves to be, by what came with *request*."""
    loaded = await desk.clients(presented.client_id)
    if loaded is None:
        desk.secret_hash(presented.proof)  # the same work as for a client that exists
        return Unauthenticated("invalid_client", "unknown or disabled client")
    client = loaded.client
    registered = client.document.token_endpoint_auth_method
    if _PRESENTED[registered] is not presented.method:
        return Unauthenticated("invalid_client", f"registered for {registered.value}")
    if registered in _BY_SECRET:
        return _by_secret(desk, client, presented.proof)
    if registered is AuthMethod.NONE:
        return Proven(client)
    if registered in _BY_CERTIFICATE:
        return await certificate_refused(desk, client, request) or Proven(client)
    return await _by_assertion(desk, loaded, presented.proof)


_BY_SECRET: Final = frozenset({AuthMethod.BASIC, AuthMethod.POST})
_BY_CERTIFICATE: Final = frozenset({AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS})
_PRESENTED: Final = {
    AuthMethod.NONE: AuthMethod.NONE,
    AuthMethod.BASIC: AuthMethod.BASIC,
    AuthMethod.POST: AuthMethod.POST,
    AuthMethod.PRIVATE_KEY_JWT: AuthMethod.PRIVATE_KEY_JWT,
    AuthMethod.SECRET_JWT: AuthMethod.PRIVATE_KEY_JWT,  # an assertion: what it may be signed with tells them apart
    AuthMethod.TLS: AuthMethod.NONE,  # only client_id is in the form (RFC 8705 §2)
    AuthMethod.SELF_SIGNED_TLS: AuthMethod.NONE,
}
"""What each registered method looks like in a request, before anything is proven."""


def _by_secret(desk: Desk, client: Client, secret: str) -> Proven | Refusal:
    digest = desk.secret_hash(secret)
    hashes = client.document.secret_hashes
    if len(hashes) > 1:  # during a rotation
        hashes = standing(client.document, hashes, desk.clock.now())
    matches = [hmac.compare_digest(digest, one) for one in hashes]  # all of them: no telling which was right
    return Proven(client) if any(matches) else Unauthenticated("invalid_client", "wrong secret")


async def _by_assertion(desk: Desk, loaded: LoadedClient, assertion: str) -> Proven | Refusal:
    client = loaded.client
    keys = await _assertion_keys(desk, loaded, assertion)
    if keys is None:
        return Unauthenticated("invalid_client", "no keys, or not to be reached")
    only = desk.issuer if is_fapi(client.document) else ""
    verified = desk.assertions.verify(assertion, client.client_id, keys, only)
    if isinstance(verified, Refusal):
        return verified
    use = sha256(f"{client.client_id}\n{verified.jti}".encode())
    return Proven(client, (Use(ASSERTION_USE, use, verified.expires_at),))


async def _assertion_keys(desk: Desk, loaded: LoadedClient, assertion: str) -> ClientKeys | ClientSecrets | None:
    """Return what the client's assertions are checked with: never a public key and a secret for the same client."""
    document = loaded.client.document
    pinned = {document.token_endpoint_auth_signing_alg} - {""}
    if document.token_endpoint_auth_method is AuthMethod.SECRET_JWT:
        secrets = open_secrets(loaded.client, desk.vault, desk.clock.now())
        return ClientSecrets(secrets, frozenset(pinned or MAC_ALGORITHMS)) if secrets else None
    keys = await keys_for(desk, loaded, assertion)
    allowed = signature_algorithms(document)
    if keys is None or (not pinned and allowed is None):
        return keys
    return ClientKeys(keys.keys, keys.algorithms.intersection(pinned or keys.algorithms, allowed or keys.algorithms))
