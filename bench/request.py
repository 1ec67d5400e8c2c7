"""The authorization request that every work uses."""

import base64
import hashlib

REDIRECT_URI = "http://127.0.0.1:9/callback"
SCOPE = "openid offline_access email"
VERIFIER = "bench-verifier-0123456789-0123456789-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def authorization_request(client_id: str) -> dict[str, str]:
    """Return the parameters of an authorization request."""
    return {
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": SCOPE,
        "state": "bench",
        "nonce": "bench",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
