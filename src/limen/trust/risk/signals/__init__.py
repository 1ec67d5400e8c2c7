"""The signals, one file each. Adding one is a new row."""

from limen.trust.risk.signals import (
    age,
    agent,
    behaviour,
    breached,
    device,
    failures,
    fingerprint,
    latency,
    origin,
    prior,
    proof,
    rhythm,
    standing,
    velocity,
)
from limen.trust.risk.signals.signal import Signal

BASE: tuple[Signal, ...] = (origin.PLAIN, agent.PLAIN, prior.SIGNAL)
"""The model of Freeman et al. as Wiefling et al. evaluated it: what the others are measured against."""

SIGNALS: tuple[Signal, ...] = (
    origin.SIGNAL,
    agent.SIGNAL,
    prior.SIGNAL,
    device.SIGNAL,
    rhythm.SIGNAL,
    velocity.SIGNAL,
    standing.SIGNAL,
    failures.SIGNAL,
    age.SIGNAL,
    breached.SIGNAL,
    proof.SIGNAL,
    fingerprint.SIGNAL,
    behaviour.SIGNAL,
    latency.SIGNAL,
)

__all__ = ["BASE", "SIGNALS", "Signal"]
