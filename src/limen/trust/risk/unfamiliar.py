"""What of a sign-in is new to its customer, and whether they are to be told.

That takes no score: a browser or a country is new, or it is not. The history remembers of what its customer was told,
so that the limit of a day needs no counter of its own.
"""

from typing import Final

from limen.identity.tenants.notices import NoticeSettings
from limen.kernel.clock import DAY
from limen.trust.risk.history import History
from limen.trust.risk.records import COUNTRY, Sighting

NEW_DEVICE: Final = "new_device"
NEW_COUNTRY: Final = "new_country"


def unfamiliar(seen: Sighting, history: History) -> tuple[str, ...]:
    """Return what is new, the gravest first; nothing at a first sign-in, which has nothing to be compared with.

    A country is new only to whom countries are known of: the first base of geography tells nobody that they moved.
    """
    if history.is_empty:
        return ()
    country = seen.values.get(COUNTRY, "")
    is_abroad = bool(country) and bool(history.values.get(COUNTRY)) and not history.has(COUNTRY, country)
    is_elsewhere = bool(seen.device) and seen.device not in history.devices
    return (NEW_COUNTRY,) * is_abroad + (NEW_DEVICE,) * is_elsewhere


def to_be_told(seen: Sighting, history: History, settings: NoticeSettings) -> tuple[str, ...]:
    """Return of what the customer is told: of what is new and the tenant tells of, as long as the day's limit holds."""
    wanted = {NEW_DEVICE: settings.new_device, NEW_COUNTRY: settings.new_country}
    found = tuple([one for one in unfamiliar(seen, history) if wanted[one]])
    if not found:
        return ()
    lately = sum(at > seen.at - DAY for at in history.told)
    return found if lately < settings.per_day else ()
