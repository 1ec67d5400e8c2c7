"""Tenants: a tenant is an issuer with its own keys, customers, clients, branding and policies.

Owns the record, its settings with their rules (among them the language of fraud patterns, :mod:`.expressions`), the
registry's protocol and what platform administrators do with it. Leaves routing to ``integration.edge`` and the keys
themselves to ``identity.keyring`` and ``access.jose``. The issuer is stored and immutable (OpenID Connect Discovery 1.0
§4.3): it never comes from a ``Host`` header.
"""
