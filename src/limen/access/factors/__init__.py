"""Second factors: what a customer holds beside a password.

Owns the authenticator app (TOTP, RFC 6238), the recovery codes that stand in for it (look-up secrets, NIST SP 800-63B-4
§3.1.2), their records and what an administrator may do with them. Leaves asking for them to ``access.journeys``.

::

    none ── confirm a code ──▶ authenticator app + ten recovery codes ── remove the last app ──▶ none
"""
