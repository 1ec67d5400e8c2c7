"""Hashes that other systems made: read at an import, checked once more at a sign-in, and then replaced.

::

    text of another system ── read ──> OldHash ── keep ──> {scheme}setting|digest ── seal_password ──> StoredPassword
                                          └─ weak: Argon2id over the old digest ─┘

Owns one file per scheme behind one table (:mod:`table`), what each may cost, and the form in which such a hash is kept.
A kept hash is over the bytes as they were typed: no other system prepared passwords as ``prepare`` does. Leaves the
check to ``credentials.hashing`` and its upgrade to ``credentials.verify``; what exports look like is a matter of
``integration.imports``.

What cannot be computed within about a second is refused when it comes in, since every sign-in would pay for it: a
bcrypt cost of 31 takes days. What an attacker computes by the million within a second is wrapped at once, so that no
weak hash is ever stored.
"""
