"""What a browser is asked for: the JSON forms of WebAuthn §5.4 and §5.5, without their challenge.

The challenge is the journey's (``StepContext.challenge``); it is joined in the browser, so that the rest of the page
can be the same for everybody.
"""

import hmac
from collections.abc import Iterable
from typing import Any, Final

from limen.access.passkeys.records import HANDLE_BYTES, Key
from limen.access.passkeys.site import Site
from limen.kernel.encoding import b64url, framed
from limen.kernel.ids import CustomerId

ALGORITHMS: Final = (-8, -7, -257)
"""EdDSA, ES256 and RS256 (RFC 9053, RFC 8812), the best first."""
MINUTES: Final = 5
_TIMEOUT: Final = MINUTES * 60_000


def user_handle(secret: bytes, site: Site, customer_id: CustomerId) -> bytes:
    """Return a customer's user handle: without *secret*, a sub-key of the tenant's, nobody joins it to anything else.

    It is no identifier that an application has seen, and says nothing of the person (WebAuthn §14.6.1).
    """
    return site.tag + hmac.digest(secret, framed(customer_id), "sha256")[: HANDLE_BYTES - len(site.tag)]


def creation_options(
    site: Site, handle: bytes, account: str, held: Iterable[Key], *, is_passkey: bool
) -> dict[str, Any]:
    """Return what makes a credential. *account* is what the person knows their account by; *held* is not made twice."""
    verification = site.settings.user_verification if is_passkey else "discouraged"
    return {
        "rp": {"id": site.rp_id, "name": site.name},
        "user": {"id": b64url(handle), "name": account, "displayName": account},
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": _TIMEOUT,
        "excludeCredentials": descriptors(held),
        "authenticatorSelection": {
            "residentKey": "required" if is_passkey else "discouraged",
            "requireResidentKey": is_passkey,
            "userVerification": verification,
        },
        "hints": [] if is_passkey else ["security-key"],
        "attestation": "none" if site.settings.attestation == "none" else "direct",
        "extensions": {"credProps": True},
    }


def request_options(site: Site, *, verification: str, held: Iterable[Key] = ()) -> dict[str, Any]:
    """Return what asks for a proof: by one of *held*, or by any passkey that the browser finds."""
    return {
        "rpId": site.rp_id,
        "timeout": _TIMEOUT,
        "userVerification": verification,
        "allowCredentials": descriptors(held),
    }


def descriptors(held: Iterable[Key]) -> list[dict[str, Any]]:
    """Return how a browser is told of credentials (WebAuthn §5.8.3)."""
    return [
        {"type": "public-key", "id": b64url(key.credential.id), "transports": list(key.credential.transports)}
        for key in held
    ]
