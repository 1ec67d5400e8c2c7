"""The catalogue of events is well formed, and records do not share what they carry."""

import re

from limen.kernel.events import EVENTS, AuditEntry, Event, Outcome


def test_every_event_has_a_name_a_version_and_a_meaning() -> None:
    for name, (version, meaning) in EVENTS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", name), name
        assert version >= 1
        assert meaning.endswith(".")


def test_an_audit_entry_is_a_success_of_the_system_unless_it_says_otherwise() -> None:
    entry = AuditEntry("session.started")
    assert entry.outcome is Outcome.SUCCESS
    assert entry.actor == "system"


def test_two_records_do_not_share_their_data() -> None:
    assert Event("a.b").data is not Event("a.b").data
    assert AuditEntry("a.b").personal is not AuditEntry("a.b").personal
