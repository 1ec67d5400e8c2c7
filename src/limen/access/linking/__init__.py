"""Linking: whose account it is that another issuer speaks of.

::

    it is linked ───────────────────────────────────────> KNOWN      signs in
    it is not; an address is vouched for ─┬─ nobody's ──> NEW        with that address proven
                                          ├─ proven ────> SIGN_IN    to the account that has it, afresh; then linked
                                          └─ not proven > RECLAIM    the account: of its credentials nothing stays
    it is not, and no address is vouched for ───────────> UNPROVEN   an address is proven here first

Owns the rule, what is written when an identity is linked or taken away, and the reclaiming of an account that somebody
made with an address that is not theirs. Leaves the issuer's signature, and whether it may speak for addresses at all,
to the connector that calls it, and fresh sign-ins to ``access.journeys``.

An address links nothing unless both sides have verified it, and even then only behind a sign-in to the account: whoever
controls the mailbox elsewhere may not control the account here (pre-hijacking; Sudhodanan and Paverd, USENIX Security
2022). Who is looked up by an identity is looked up by issuer and subject alone, byte by byte.
"""
