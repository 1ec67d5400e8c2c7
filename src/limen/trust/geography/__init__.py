"""Geography: which country, network and place an address belongs to, without asking anybody.

Owns the databases that an operator supplies (MaxMind DB format, :mod:`.databases`), what is read of their records
(:mod:`.records`), the registries' allocations that stand in for them (:mod:`.registries`), and the atlas of both
(:mod:`.atlas`), which is a :class:`limen.trust.risk.whereabouts.Geography`. Leaves what follows to ``trust.risk``.

It never refuses: what cannot be told is missing, and signals that rest on it say nothing.
"""
