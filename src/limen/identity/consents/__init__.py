"""Consents: what a tenant asks for, what a customer decided, and the proof of it.

Owns the register of *purposes* with their versioned texts, the ledger of *decisions* (append-only, hash-chained, under
signed Merkle tree heads), the question "may this be done now?", receipts, and verifying an exported ledger with nothing
but public keys. OAuth consents are decisions like all others, for the purpose ``oauth``. Leaves the asking to
``access.journeys`` and the pages to ``experience``.

::

    decide ── record (no lock but the customer's own) ──> waiting ── sequence, every second ──> chain, tree, checkpoint
                │                                                                                    │
                └── state ── question ──> allowed or not                                             └── proofs, export

A decision counts from its commit; its place in the tenant's one chain follows within a second (``sequence``), so that
no sign-in ever waits for another. A record commits to its open fields and to a salted hash of its personal part, which
is sealed under the customer's key: after an erasure everything still verifies.
"""
