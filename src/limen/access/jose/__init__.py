"""Signing keys, and the JSON Web Tokens that are made and checked with them.

Owns a tenant's signing keys and their rotation, the published key set (JWKS), the signing of our own tokens, their
verification, and the verification of the assertions that clients sign. Leaves to others what the claims mean
(``access.tokens``), where keys are stored (``storage``, by :class:`~limen.access.jose.keys.SigningKeyStore`), how
private keys are sealed (``identity.keyring``), and whether an assertion was used before (its ``jti`` is handed out).

Our own tokens are assembled by hand on loaded ``cryptography`` keys, because they are the hot path. What strangers sign
goes through joserfc. RFC 7515 (JWS), 7517 (JWK), 7518 (JWA), 7519 (JWT), 7523 (client assertions), 7638 (thumbprints),
8037 (EdDSA), 8725 (best practice), 9068 (JWT access tokens).

A key's life::

    pending ──activate──▶ active ──retire──▶ retiring ──remove──▶ retired
    in the JWKS,          signs              in the JWKS,         gone
    does not sign                            does not sign

    pending ──remove──▶ retired      withdrawn before use
    active  ──remove──▶ retired      compromised
"""
