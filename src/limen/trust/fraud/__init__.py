"""Fraud: accounts that nobody needs but whoever makes them by the hundred.

Owns the score of a sign-up (:mod:`.sign_ups`), its reasons, and what they are worth. Leaves the question at the door to
``access.journeys``, and short messages to ``trust.tolls``.
"""
