"""Preferences: how, how often and about what a customer wants to be written to.

Owns what was chosen, sealed under the customer's key. What may be chosen is the tenant's setting ``preferences``. A
preference is no consent: whether anything may be sent at all is the question of ``identity.consents``; this says how.
"""
