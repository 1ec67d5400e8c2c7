"""Engine room: who you are and what you may do.

Journeys, factors, sessions, the account and its safety, linking and merging, OAuth, tokens and clients. It builds on
what the identity layer knows and on what the trust layer believes, and leaves pages to ``experience`` and machine
interfaces to ``integration``. The protocol doors that must be fast live here too, on the framework-free records of
:mod:`limen.access.http`.
"""
