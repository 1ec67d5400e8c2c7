"""Fraud: accounts that nobody needs but whoever makes them by the hundred, and patterns that a tenant describes.

Owns the score of a sign-up (:mod:`.sign_ups`), its reasons, and what they are worth; which mailboxes are one
(:mod:`.families`), which domains look like another (:mod:`.look_alikes`) or take no mail (:mod:`.mail_domains`); which
rules hold for what a sign-in or a sign-up shows (:mod:`.patterns`), and what they would have said of the audit log
(:mod:`.trying`, :mod:`.replay`). Leaves the language of rules to ``identity.tenants``, where they are set, the question
at the door to ``access.journeys``, and short messages to ``trust.tolls``.
"""
