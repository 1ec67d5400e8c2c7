"""Limen: customer identity and access management in one process.

The package tree is the architecture, from the outside inward::

    app          composition root and command line; imported by no one
    experience   the Front Door: pages that a person sees
    integration  the Connectors: what machines call and what we send out
    access       the Engine Room: who you are and what you may do
    trust        the Guardians: how much we believe it
    identity     the Vault: what we know and what we promised
    storage      SQL and cache adapters behind the protocols of the layers
    kernel       clock, entropy, identifiers, errors, events

Imports point downward; ``pyproject.toml`` holds the contract that checks it.
"""

__version__ = "0.1.0"
