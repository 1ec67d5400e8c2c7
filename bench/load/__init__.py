"""The load generator: one process, one core, plain sockets and epoll.

``spec`` is what one run asks for, ``worker`` the process that does it, ``runner`` starts it from the harness.
A *script* is a Python generator that yields requests and is sent the responses, so that a flow with state
(rotating refresh tokens, a sign-in over several pages) is written as straight code.
"""
