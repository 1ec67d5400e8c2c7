"""The peer: npm ``oidc-provider`` with its in-memory adapter (``provider.mjs``), started from ``bench.subjects``."""
