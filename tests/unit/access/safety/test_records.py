"""What a recovery request, a link and a device are, without storage."""

import msgspec
import pytest

from limen.access.journeys.records import JourneyState, Path, Task
from limen.access.journeys.second_factors import may_trust
from limen.access.safety.records import (
    Asker,
    DeviceWords,
    LinkContent,
    RecoveryRequest,
    RequestState,
)
from limen.access.sessions.records import MAILBOX, PASSWORD, Evidence, Session
from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.recovery import RecoverySettings
from limen.identity.tenants.validation import validate
from limen.kernel.clock import DAY
from limen.kernel.encoding import link_hash
from limen.kernel.ids import BrowserId, CustomerId, RecoveryId, SessionId, TenantId

NOW = 1_790_000_000_000_000


def request(days: int) -> RecoveryRequest:
    return RecoveryRequest(RecoveryId("rcv_1"), CustomerId("cus_1"), RequestState.WAITING, b"", days, NOW, NOW + DAY)


def test_as_many_notices_as_days_and_with_the_last_it_is_ready():
    waiting = request(3)
    assert waiting.ready_at == NOW + 3 * DAY
    for day in (1, 2):
        waiting = waiting.told(NOW + day * DAY, 7 * DAY)
        assert (waiting.state, waiting.notices_left) == (RequestState.WAITING, 3 - day)
        assert waiting.ready_at == NOW + 3 * DAY
    ready = waiting.told(NOW + 3 * DAY, 7 * DAY)
    assert (ready.is_ready, ready.due_at, ready.closed_at) == (True, NOW + 10 * DAY, None)


def test_a_notice_that_goes_out_late_moves_the_end_and_none_is_sent_in_haste():
    late = request(3).told(NOW + 5 * DAY, 7 * DAY)
    assert (late.due_at, late.ready_at) == (NOW + 6 * DAY, NOW + 7 * DAY)


def test_what_is_personal_does_not_show():
    proof, who = (Evidence(PASSWORD, NOW),), (SessionId("ses_1"), "sid", BrowserId("bro_1"), CustomerId("cus_1"))
    session = Session(*who, proof, NOW, NOW, NOW + DAY, sealed=b"Firefox")
    asker, link = Asker("Firefox", "192.0.2.7"), LinkContent("ann@example.com", "x")
    for record in (asker, link, DeviceWords("Firefox"), session):
        assert "Firefox" not in repr(record)
        assert "ann" not in repr(record)
    assert link_hash("token") != b"token"
    assert len(link_hash("token")) == 32


def tenant(**settings) -> Tenant:
    return Tenant(TenantId("ten_1"), "default", "https://id.example", "Limen", NOW, NOW, TenantSettings(**settings))


SIGNED_IN = JourneyState(path=Path.SIGN_IN, customer_id="cus_1", evidence=(Evidence(PASSWORD, NOW),))


def test_a_password_at_a_sign_in_may_be_enough_on_a_trusted_device():
    assert may_trust(SIGNED_IN, tenant(), None)


@pytest.mark.parametrize(
    "state",
    [
        {"task": Task("change_email")},
        {"path": Path.RECOVER},
        {"new_password_due": True},
        {"fresh_login": True},
        {"evidence": (Evidence(MAILBOX, NOW),)},
        {"evidence": ()},
    ],
    ids=str,
)
def test_trust_stands_in_for_nothing_but_a_second_factor_at_a_sign_in(state):
    assert not may_trust(msgspec.structs.replace(SIGNED_IN, **state), tenant(), None)


def test_trust_stands_in_neither_where_it_is_off_nor_where_two_factors_are_a_must():
    assert not may_trust(SIGNED_IN, tenant(recovery=RecoverySettings(trusted_device_days=0)), None)
    assert not may_trust(SIGNED_IN, tenant(assurance=AssuranceSettings(level=2)), None)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"recovery": RecoverySettings(waiting_days=31)}, "settings.recovery.waiting_days"),
        ({"recovery": RecoverySettings(waiting_days=-1)}, "settings.recovery.waiting_days"),
        ({"recovery": RecoverySettings(continue_days=0)}, "settings.recovery.continue_days"),
        ({"recovery": RecoverySettings(undo_days=31)}, "settings.recovery.undo_days"),
        ({"recovery": RecoverySettings(trusted_device_days=91)}, "settings.recovery.trusted_device_days"),
        ({"password_history": 11}, "settings.password_history"),
        ({"password_history": -1}, "settings.password_history"),
    ],
)
def test_days_and_numbers_have_bounds(settings, field):
    refusal = validate("Limen", TenantSettings(**settings))
    assert refusal is not None
    assert refusal.fields == {field: "number.out_of_bounds"}
