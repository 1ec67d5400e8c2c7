"""Browsers and sessions: Browser → Session → Grant → token Family.

Owns the browser (one cookie, whose secret changes with every change of assurance), the sessions in it (several
accounts may be signed in) and the evidence each rests on; assurance is computed from evidence, never stored. Leaves
tokens to ``access.tokens``.
"""
