"""Customers: the unified profile, sealed under a key of the customer's own.

Owns the customer record, its states, what names a customer (addresses, numbers, a user name, identities with other
issuers) and the directory that seals, unseals and finds. Leaves credentials to ``identity.credentials`` and proof of
addresses to ``access.journeys``: who signs up exists only once an address is proven, so an unproven sign-up can neither
occupy an address nor be taken over later. An administrator may vouch.
"""
