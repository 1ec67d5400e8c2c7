"""Clients that register themselves (RFC 7591), and look after what they registered (RFC 7592).

Owns initial access tokens, the reading and writing of registration requests, software statements, and what such a
client may be; registers through :mod:`limen.access.clients.registration`, as an administrator does. A tenant allows
none of it unless its settings say so (``identity.tenants.registration``).
"""
