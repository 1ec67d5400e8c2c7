"""The signals, one file each. Adding one is a new row."""

from limen.trust.risk.signals import (
    age,
    agent,
    breached,
    device,
    failures,
    origin,
    prior,
    rhythm,
    standing,
    velocity,
)
from limen.trust.risk.signals.signal import Signal

BASE: tuple[Signal, ...] = (origin.SIGNAL, agent.SIGNAL, prior.SIGNAL)
"""The model of Freeman et al. as Wiefling et al. evaluated it."""

SIGNALS: tuple[Signal, ...] = (
    *BASE,
    device.SIGNAL,
    rhythm.SIGNAL,
    velocity.SIGNAL,
    standing.SIGNAL,
    failures.SIGNAL,
    age.SIGNAL,
    breached.SIGNAL,
)

__all__ = ["BASE", "SIGNALS", "Signal"]
