"""The suite ``vault``: what customers' data costs where there is much of it. Nothing is served; parts are called.

A work is a row of :data:`bench.vault.session.WORKS`: a name and a function from the :class:`~bench.vault.place.Vault`
to figures. It stands alone, takes a minute or two, and says in its details how it was measured.
"""
