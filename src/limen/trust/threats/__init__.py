"""Threat intelligence: what is known of passwords, addresses and networks before anybody comes.

Owns the compact set in which breached passwords are kept (:mod:`.sets`), how it is built from a list (:mod:`.building`)
and asked (:mod:`.breaches`). Leaves reading over the network to ``integration`` and the questions at the door to
``access.journeys``.

A guard that cannot be asked has a stance: what the tenant's settings say (``identity.tenants.breaches``).
"""
