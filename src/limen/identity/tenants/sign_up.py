"""What a tenant does about accounts that are made by machines, or in numbers."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

Disposable = Literal["allow", "work", "refuse"]
_SCORES: Final = (0, 1_000)
_Score = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": _SCORES[0], "maximum": _SCORES[1]})]
_Count = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": 1_000_000})]


FROM: Final = {"notify": "notify_from", "challenge": "work_from", "delay": "delay_from", "deny": "refuse_from"}
"""A decision to the setting that says from which score on it is made."""


class SignUpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How sign-ups are scored, and what follows. A score is a sum of reasons, each worth what the guide says.

    The decisions are those of risk (``risk.rules`` with the action ``sign_up`` vary them by application), in points.

    Attributes:
        mode: ``shadow`` scores, counts and records, and does nothing.
        notify_from: the score from which on whoever listens to ``risk.assessed`` is told of the account that was made;
            0 for never, as of the others.
        work_from: from which on a sign-up is challenged: it takes a proof of work.
        delay_from: from which on the answer waits for ``risk.delay_seconds``.
        refuse_from: from which on it is refused.
        disposable: what an address of a service for throwing away is worth: nothing, a proof of work, or a refusal.
        undeliverable: what an address is worth whose domain takes no mail, likewise; ``allow`` asks nobody.
        dns_away: what holds where DNS does not say whether it does: ``open`` for nothing, or a proof of ``work``.
        address_hour: sign-ups from one address in an hour that are usual.
        network_hour: from one network.
        family_day: sign-ups in a day with one mailbox under different names (``ann+1@``, ``ann+2@``) that are usual, or
            from one network with names that look counted up (``ann1@``, ``ann2@``).
        device_day: in a day at one browser.
        fingerprint_day: in a day at browsers that say the same of themselves, where ``risk.fingerprint`` wants to know.
    """

    mode: Literal["on", "shadow", "off"] = "on"
    notify_from: _Score = 0
    work_from: _Score = 30
    delay_from: _Score = 0
    refuse_from: _Score = 100
    disposable: Disposable = "work"
    undeliverable: Disposable = "work"
    dns_away: Literal["open", "work"] = "open"
    address_hour: _Count = 5
    network_hour: _Count = 40
    family_day: _Count = 3
    device_day: _Count = 3
    fingerprint_day: _Count = 20


def problems_of(settings: SignUpSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    for name in FROM.values():
        if not _SCORES[0] <= getattr(settings, name) <= _SCORES[1]:
            yield f"{field}.{name}", "number.out_of_bounds"
    for name in ("address_hour", "network_hour", "family_day", "device_day", "fingerprint_day"):
        if not 1 <= getattr(settings, name) <= 1_000_000:
            yield f"{field}.{name}", "number.out_of_bounds"
    if settings.work_from > settings.refuse_from > 0:
        yield f"{field}.work_from", "sign_up.work_beyond_refusal"
