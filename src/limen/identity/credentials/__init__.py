"""Credentials: how a customer's password is prepared, judged, hashed, kept and checked.

::

    text ── prepare ──> bytes ── PasswordHasher.hash ──> PHC text ── seal_password ──> StoredPassword
      └─ PasswordPolicy.judge (sign-up, change)                          check_password (sign-in) ┘

Owns PRECIS preparation (RFC 8265 §4.2), the policy (NIST SP 800-63B-4 §3.1.1), Argon2id (RFC 9106) on a bounded pool
of niced threads, the stored record and the limit of consecutive failures (SP 800-63B-4 §3.2.2). Leaves to others:
rate limits per address (``integration.edge``), breached-password corpora (``trust``), the wording of messages
(``experience``: here they are keys), the rows themselves (``storage``), and what a check means for a sign-in
(``access.journeys``).
"""
