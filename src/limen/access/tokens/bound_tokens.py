"""Access tokens at our own protected resources: the key that a token is bound to must be shown with it.

RFC 9449 §7 (DPoP), RFC 8705 §3 (certificates), RFC 6750 §2 (bearer tokens).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.http import HotRequest
from limen.access.possession.edge import EdgeCertificate
from limen.access.tokens.certificates import current_certificate
from limen.access.tokens.desk import Desk
from limen.access.tokens.proving import NONCE_NEEDED, PROOF_USE, read_proof, use_of
from limen.access.tokens.store import UsedBefore
from limen.kernel.errors import Invalid, Refusal, Unauthenticated
from limen.kernel.masked import Masked

BEARER: Final = "bearer"
DPOP: Final = "dpop"
_CODE: Final = "invalid_token"
BOUND: Final = Unauthenticated(_CODE, "bound to a DPoP key, and sent as a bearer token")
"""To be answered with a DPoP challenge (RFC 9449 §7.2)."""


class ShownToken(Masked, msgspec.Struct, frozen=True, gc=False):
    """An access token as it came: with which scheme, lower case."""

    text: str
    scheme: str = BEARER

    def __repr__(self) -> str:
        """Name the scheme; the token is secret."""
        return f"ShownToken(scheme={self.scheme!r})"


async def key_refused(
    desk: Desk, request: HotRequest, presented: ShownToken, claims: Mapping[str, Any]
) -> Refusal | None:
    """Return why the sender of a verified token may not use it; None if the token's key was shown, or it has none."""
    bound = claims.get("cnf") or {}
    if presented.scheme == DPOP:
        return await _proof_refused(desk, request, presented.text, str(bound.get("jkt", "")))
    if "jkt" in bound:
        return BOUND
    return _certificate_refused(desk, request, str(bound.get("x5t#S256", ""))) if bound else None


def _certificate_refused(desk: Desk, request: HotRequest, thumbprint: str) -> Refusal | None:
    found = current_certificate(desk, request)
    shown = found.certificate.thumbprint if isinstance(found, EdgeCertificate) else ""
    if thumbprint and shown == thumbprint:
        return None
    return Unauthenticated(_CODE, "bound to a certificate that was not shown")  # RFC 8705 §3


async def _proof_refused(desk: Desk, request: HotRequest, text: str, thumbprint: str) -> Refusal | None:
    proof = read_proof(desk, request, text)
    if isinstance(proof, Invalid):
        desk.count_proof(PROOF_USE, "refused")
        return Unauthenticated(proof.code, proof.detail)
    if proof.thumbprint != thumbprint:  # a token that is bound to no key among them (RFC 9449 §7.1)
        return Unauthenticated(_CODE, "bound to another key, or to none")
    if desk.tenant.settings.require_dpop_nonce and not desk.nonces.is_good(proof.nonce):
        desk.count_proof(PROOF_USE, "nonce")
        return Unauthenticated(NONCE_NEEDED, "no nonce, or not a good one")
    try:
        await desk.hot.guarded((use_of(proof),)).spend()
    except UsedBefore:
        desk.count_proof(PROOF_USE, "replayed")
        return Unauthenticated("invalid_dpop_proof", "used before")
    desk.count_proof(PROOF_USE, "accepted")
    return None
