"""Relying parties: what is registered about each, and how each proves itself.

Owns the client record (RFC 7591 §2 names), its validation and client authentication (RFC 6749 §2.3, RFC 7523, OIDC Core §9).
Leaves the registration doors to ``integration.api``.
"""
