"""Bots: what a machine pays or cannot do, and a person does not notice.

Owns proof of work (:mod:`.proofs`), made and checked here without a third party, and who signs as a good bot
(:mod:`.agents`). Leaves solving to ``experience`` (a
worker of the page) and how much is asked for to ``trust.attacks`` and ``trust.fraud``.
"""
