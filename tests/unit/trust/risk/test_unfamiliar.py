"""What of a sign-in is new to its customer, and whether they are told."""

import pytest

from limen.identity.tenants.notices import NoticeSettings, problems_of
from limen.kernel.clock import DAY
from limen.trust.risk.history import History
from limen.trust.risk.records import COUNTRY, Sighting
from limen.trust.risk.unfamiliar import to_be_told, unfamiliar

HOME = Sighting(at=100 * DAY, values={COUNTRY: "DE"}, device="one")
ABROAD = Sighting(at=101 * DAY, values={COUNTRY: "SE"}, device="two")
KNOWN = History().after(HOME)


def test_what_is_new_is_named_the_gravest_first():
    assert unfamiliar(ABROAD, KNOWN) == ("new_country", "new_device")
    assert unfamiliar(HOME, KNOWN) == ()
    assert unfamiliar(ABROAD, KNOWN.after(ABROAD)) == ()


def test_a_first_sign_in_and_a_first_country_are_nothing_to_tell_of():
    assert unfamiliar(ABROAD, History()) == ()
    blind = History().after(Sighting(HOME.at, {}, HOME.device))
    assert unfamiliar(ABROAD, blind) == ("new_device",)


def test_the_days_limit_is_kept_by_the_history_itself_merged_or_not():
    settings = NoticeSettings(per_day=2)
    twice = KNOWN.after(ABROAD, is_told=True).plus(KNOWN.after(Sighting(ABROAD.at + 1, {}, "three"), is_told=True))
    again = Sighting(ABROAD.at + DAY // 2, {}, "four")
    assert to_be_told(again, twice, settings) == ()
    assert to_be_told(Sighting(ABROAD.at + DAY + 1, {}, "four"), twice, settings) == ("new_device",)


@pytest.mark.parametrize(("per_day", "found"), [(0, 1), (1, 0), (20, 0), (21, 1)])
def test_bounds(per_day, found):
    assert len(list(problems_of(NoticeSettings(per_day=per_day), "notices"))) == found
