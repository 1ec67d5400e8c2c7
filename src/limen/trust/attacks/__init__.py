"""Attacks: passwords tried by many, on many, from anywhere (stuffing, spraying, guessing).

Owns the counters (:mod:`.counters`), what follows from them (:mod:`.guard`), the state of a tenant (:mod:`.watch`)
and attacks that begin and end (:mod:`.alerts`).
Leaves proof of work to ``trust.bots``, the question at the door to ``access.journeys``, and counting itself to the
limiter that all processes share (``storage.cache``): where that cache is away, each process counts on its own, or
refuses, as the operator chose.

Everything is asked *before* a password is hashed. Nothing here knows whether an account exists.
"""
