"""Deadlines, and the ways on that a request has."""

from datetime import UTC, datetime

import pytest

from limen.identity.rights.records import (
    Law,
    PrivacyRequest,
    PrivacyRequestId,
    RequestKind,
    RequestState,
    deadline,
)
from limen.kernel.clock import DAY, SECOND, to_datetime
from limen.kernel.ids import CustomerId


def instant(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ((2026, 3, 10, 12), (2026, 4, 9, 12)),  # thirty days are less than that month
        ((2026, 1, 31), (2026, 2, 28)),  # February has no 31st: its last day
        ((2026, 2, 10), (2026, 3, 10)),  # a month of 28 days
        ((2026, 12, 31), (2027, 1, 30)),
    ],
)
def test_the_gdpr_gives_a_month_and_never_more_than_thirty_days(received, due):
    assert to_datetime(deadline(Law.GDPR, instant(*received))) == datetime(*due, tzinfo=UTC)


def test_the_ccpa_gives_forty_five_days():
    assert deadline(Law.CCPA, 0) == 45 * DAY


def request(**changes) -> PrivacyRequest:
    given = {"state": RequestState.OPEN, "law": Law.GDPR, "asked_by": "customer", "created_at": 0, "due_at": 30 * DAY}
    return PrivacyRequest(PrivacyRequestId("prq_1"), CustomerId("cus_1"), RequestKind.OBJECTION, **given | changes)


def test_what_is_over_stays_over_and_nothing_is_opened_again():
    for state in (RequestState.DONE, RequestState.REFUSED, RequestState.WITHDRAWN):
        over = request().moved(state, 5)
        assert (over.is_over, over.closed_at, over.version) == (True, 5, 2)
        assert all(over.moved(other, 6) is None for other in RequestState)
        assert over.extended(6) is None
    assert request().moved(RequestState.OPEN, 5) is None
    assert request().moved(RequestState.WORKING, 5).closed_at is None


def test_a_deadline_is_extended_once_and_not_when_it_has_passed():
    longer = request().extended(5)
    assert (longer.due_at, longer.extended_at) == (90 * DAY, 5)
    assert longer.extended(6) is None
    assert request().extended(30 * DAY) is None
    assert request(law=Law.CCPA).extended(5).due_at == 75 * DAY


def test_overdue_is_what_is_open_and_late():
    assert not request().is_overdue(30 * DAY - 1)
    assert request().is_overdue(30 * DAY)
    assert not request().moved(RequestState.DONE, 5).is_overdue(31 * DAY)
