"""What every layer may use and what uses nothing: time, chance, identifiers, outcomes, events.

Nothing here performs IO except reading the system clock and the system's randomness, and both of
those arrive elsewhere as arguments (:class:`~limen.kernel.clock.Clock`,
:class:`~limen.kernel.entropy.Entropy`).
"""
