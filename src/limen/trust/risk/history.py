"""What a customer showed before: small, bounded, and sealed under the customer's own key wherever it is stored."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from limen.identity.tenants.notices import PER_DAY
from limen.kernel.clock import DAY, HOUR, Instant
from limen.kernel.masked import Masked
from limen.trust.risk.counts import NOTHING, Tally, bounded, epoch_of, merged, with_one
from limen.trust.risk.records import PRINT, Place, Sighting

MOST_DEVICES: Final = 24
_HOURS: Final = tuple(map(str, range(24)))
_AROUND: Final = tuple(tuple(_HOURS[(hour + step) % 24] for step in (-2, -1, 0, 1, 2)) for hour in range(24))
_EPOCH_WEEKDAY: Final = 3
"""The first of January 1970 was a Thursday; Monday is 0."""


def hour_of(at: Instant) -> str:
    """Return the hour of the day, UTC."""
    return _HOURS[at // HOUR % 24]


def hours_around(at: Instant) -> tuple[str, ...]:
    """Return the hour of the day, UTC, with two before and two after it."""
    return _AROUND[at // HOUR % 24]


def day_kind(at: Instant) -> str:
    """Return ``weekend`` or ``weekday``, UTC."""
    return "weekend" if (at // DAY + _EPOCH_WEEKDAY) % 7 >= 5 else "weekday"


class Last(msgspec.Struct, frozen=True, array_like=True):
    """Where and when a customer signed in last; the place only where geography knows it, and it is their own."""

    at: Instant
    latitude: float | None = None
    longitude: float | None = None
    by_carrier: bool = False

    @property
    def place(self) -> Place | None:
        """Return where."""
        if self.latitude is None or self.longitude is None:
            return None
        return Place(self.latitude, self.longitude)


class History(Masked, msgspec.Struct, frozen=True, omit_defaults=True):
    """What a customer showed at sign-ins that came to a session.

    Attributes:
        values: level to value to how often.
        sign_ins: how many sign-ins, faded.
        devices: browsers by identifier.
        new_devices: how often a browser was new, beside the first.
        hours: by hour of the day.
        days: by ``weekday`` and ``weekend``.
        first_at: when the first was; 0 where there was none.
        last: the last.
        told: when the customer was told of a sign-in that was new to them: of late, the newest first.
    """

    values: dict[str, dict[str, Tally]] = {}
    sign_ins: Tally = NOTHING
    devices: dict[str, Tally] = {}
    new_devices: Tally = NOTHING
    hours: dict[str, Tally] = {}
    days: dict[str, Tally] = {}
    first_at: Instant = 0
    last: Last | None = None
    told: tuple[Instant, ...] = ()

    def __repr__(self) -> str:
        """Show nothing personal."""
        return "History(****)"

    @property
    def is_empty(self) -> bool:
        """Tell whether the customer never signed in."""
        return self.last is None

    def has(self, level: str, value: str) -> bool:
        """Tell whether the customer showed *value* before."""
        return value in self.values.get(level, {})

    def usual(self, level: str) -> str:
        """Return the value of a level that the customer showed most; empty where there is none."""
        shown = self.values.get(level)
        return max(shown, key=lambda value: (shown[value].weight, value)) if shown else ""

    def counts(self, levels: Iterable[str], values: Mapping[str, str], now: Instant) -> dict[str, float]:
        """Return how often the customer showed what *values* has of *levels*; what they never did is missing."""
        held, counts = self.values, {}
        for level in levels:
            if level in values and level in held and (tally := held[level].get(values[level])) is not None:
                counts[level] = tally.now(now)
        return counts

    def plus(self, other: "History") -> "History":
        """Return two histories of one customer together: counted apart, they say what one would have."""
        lasts = [one for one in (self.last, other.last) if one is not None]
        firsts = [one for one in (self.first_at, other.first_at) if one]
        now = max((one.at for one in lasts), default=0)
        levels = {**self.values, **other.values}
        return History(
            values={
                level: bounded(merged(self.values.get(level, {}), other.values.get(level, {})), now) for level in levels
            },
            sign_ins=self.sign_ins.plus(other.sign_ins),
            devices=bounded(merged(self.devices, other.devices), now, MOST_DEVICES),
            new_devices=self.new_devices.plus(other.new_devices),
            hours=merged(self.hours, other.hours),
            days=merged(self.days, other.days),
            first_at=min(firsts, default=0),
            last=max(lasts, key=lambda one: one.at, default=None),
            told=tuple(sorted({*self.told, *other.told}, reverse=True)[: PER_DAY[1]]),
        )

    def prints(self, now: Instant) -> Mapping[str, Tally]:
        """Return the fingerprints of the epoch of *now*: those of another were hashed under another key."""
        present = f"{epoch_of(now)}."
        return {value: tally for value, tally in self.values.get(PRINT, {}).items() if value.startswith(present)}

    def _values_of(self, now: Instant) -> dict[str, dict[str, Tally]]:
        """Return the values without fingerprints of epochs that are over."""
        values = dict(self.values)
        if values.pop(PRINT, None) and (prints := self.prints(now)):
            values[PRINT] = dict(prints)
        return values

    def after(self, seen: Sighting, *, is_told: bool = False) -> "History":
        """Return the history with one more sign-in, of which its customer is told or not."""
        at, last, device, devices = seen.at, self.last, seen.device, self.devices
        one, now = Tally(1.0, at), max(at, last.at) if last is not None else at
        values = self._values_of(at)
        for level, value in seen.values.items():
            values[level] = with_one(values.get(level, {}), value, one)
        for level, shown in values.items():
            values[level] = bounded(shown, now)
        is_new = bool(device) and device not in devices and last is not None
        return History(
            values=values,
            sign_ins=self.sign_ins.plus(one),
            devices=bounded(with_one(devices, device, one) if device else devices, now, MOST_DEVICES),
            new_devices=self.new_devices.plus(one) if is_new else self.new_devices,
            hours=with_one(self.hours, hour_of(at), one),
            days=with_one(self.days, day_kind(at), one),
            first_at=min(self.first_at or at, at),
            last=last if last is not None and last.at >= at else _last(seen),
            told=tuple(sorted({*self.told, at}, reverse=True)[: PER_DAY[1]]) if is_told else self.told,
        )


def _last(seen: Sighting) -> Last:
    place, standing = seen.place, seen.standing
    if place is None or standing.is_elsewhere:
        return Last(seen.at)
    return Last(seen.at, place.latitude, place.longitude, standing.carrier)
