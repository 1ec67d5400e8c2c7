"""Whether a date of birth says that somebody has an age, and what it leaves open."""

from datetime import UTC, datetime

import pytest

from limen.identity.consents.ages import has_reached


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("birthdate", "day", "found"),
    [
        ("2010-06-15", "2026-06-14", False),
        ("2010-06-15", "2026-06-15", True),
        ("2010-06-15", "2027-01-01", True),
        ("2008-02-29", "2024-02-28", False),
        ("2008-02-29", "2024-02-29", True),
        ("2010-02-29", "2027-01-01", None),  # there was no such day
        ("2008-02-29", "2025-02-28", True),
        ("2010", "2025-12-31", False),
        ("2010", "2026-07-01", None),
        ("2010", "2027-01-01", True),
        ("0000-06-15", "2026-06-15", None),
        ("", "2026-06-15", None),
        ("15.6.2010", "2026-06-15", None),
        ("2010-13-01", "2026-06-15", None),
        ("2030-01-01", "2026-06-15", False),
    ],
)
def test_sixteen_years_are_reached_on_the_birthday_and_nothing_is_guessed(birthdate, day, found):
    assert has_reached(birthdate, 16, at(day)) is found


def test_whoever_was_born_on_a_leap_day_reaches_an_age_on_the_first_of_march():
    assert [has_reached("2008-02-29", 18, at(day)) for day in ("2026-02-28", "2026-03-01")] == [False, True]
