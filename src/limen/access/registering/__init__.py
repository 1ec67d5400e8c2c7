"""The doors of clients that register themselves (RFC 7591, RFC 7592); what they do is in ``access.clients.dynamic``."""
