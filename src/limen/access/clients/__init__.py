"""Relying parties: what is registered about each, and how each proves itself.

Owns the client record (RFC 7591 §2 names) and its validation. Leaves client authentication to ``access.tokens``
and the registration doors to ``integration.api``.
"""
