"""Requests that are made on one device and answered on another: the device grant (RFC 8628) and CIBA.

Owns the doors where such requests are made, the codes that people type, what a person is told before they answer, and
the answer itself. Leaves sign-in and consent to the ordinary journey, pages to ``experience``, and what a client gets
when it polls to ``access.tokens``.

    request ──▶ waiting ──(a person: code or notice, then the journey)──▶ approve | deny ──▶ the client polls
"""
