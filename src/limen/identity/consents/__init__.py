"""Consents: an append-only ledger of what a customer allowed, and the state that follows from it.

Owns the ledger's record and its strict chain (one per tenant). OAuth consents are written here in the same shape as
every later purpose. Leaves the asking to ``access.journeys`` and the page to ``experience``.
"""
