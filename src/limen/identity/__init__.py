"""The Vault: what we know of a customer and what we promised them.

Owns customers, their credentials, consents, the keyring that seals all of it, the audit log and the tenants they
belong to. Leaves to others: who is asking and what they may do (``access``), how much we believe it (``trust``), the
database (``storage``). Nothing here knows HTTP, and no personal fact leaves it unsealed except to the caller that
asked for it.
"""
