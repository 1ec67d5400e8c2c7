"""Customers: the unified profile, sealed under a key of the customer's own.

Owns the customer record, its states and the directory that seals and unseals it. Leaves credentials to
``identity.credentials`` and proof of addresses to ``access.journeys``: who signs up exists only once an address is
proven, so an unproven sign-up can neither occupy an address nor be taken over later. An administrator may vouch.
"""
