"""The page that says how well codes hold against guessing says what the settings say."""

import re

import pytest

from limen.access.journeys.parts import JourneySettings
from limen.app.guessing import guesses, guessing_page
from limen.app.settings.sections.limits import LimitsSection
from limen.app.settings.values import Rate

KINDS = {row.kind: row for row in guesses(LimitsSection(), JourneySettings())}


def test_every_kind_of_code_has_a_row_on_the_page():
    page = guessing_page()
    assert re.findall(r"^    \* - (.+)$", page, re.MULTILINE) == ["code", *KINDS]
    assert len(KINDS) == 9


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("password", "sign_in_per_identifier"),
        ("e-mail code", "codes_per_identifier"),
        ("authenticator app", "second_factor_per_customer"),
        ("code by short message", "second_factor_per_customer"),
        ("device user code", "user_codes_per_tenant"),
    ],
)
def test_another_setting_is_another_number(kind, setting):
    limits = LimitsSection(**{setting: Rate(7, 900)})
    [row] = [row for row in guesses(limits, JourneySettings()) if row.kind == kind]
    assert (row.setting, row.per_hour) == (setting, 28)
    assert row.chance == pytest.approx(28 * row.good / row.space)


def test_a_limit_by_the_day_may_be_used_up_within_one_hour():
    assert KINDS["recovery code"].per_hour == 30


def test_no_code_that_is_sent_is_likelier_to_be_hit_in_an_hour_than_once_in_thirty_thousand():
    sent = [row for row in KINDS.values() if row.per_code]
    assert len(sent) == 3
    assert all(row.chance <= 3.1e-5 and row.per_code == 5 for row in sent)


def test_what_nothing_but_its_size_guards_is_large_enough():
    unbounded = [row for row in KINDS.values() if row.limit is None]
    assert all(row.space >= 2**128 for row in unbounded)
