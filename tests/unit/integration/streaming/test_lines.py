"""Whatever a record holds, its line says just that: nothing a customer types begins another record or another field."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import limen
from limen.access.tokens.records import Redemption, RotationOutcome
from limen.integration.streaming.fact import Fact
from limen.integration.streaming.lines import framed, line, syslog, timestamp
from limen.integration.streaming.ocsf import CLASSES, class_of
from limen.integration.streaming.severity import GRAVE

AT = 1_800_000_000_123_456
_LISTS = {"ocsf.py", "severity.py"}
HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "a\nCEF:0|x|y|z|1|forged|10|",
        "a\r\n<13>1 - - - - - - forged",
        "a|b\\|c",
        "a=b c\\=d",
        "\u2028x\x85y",
        "\udcff",
        "\x00\x1b[2J",
    ]
)
FACTS = st.builds(
    lambda event, reason, actor, client, agent, data, refused: Fact(
        "ten_1",
        "https://id.example",
        "seg_1",
        7,
        AT,
        event,
        {
            "outcome": "refused" if refused else "success",
            "reason": reason,
            "actor": actor,
            "client": client,
            "data": {"x": data},
        },
        {"address": "192.0.2.1", "user_agent": agent},
    ),
    st.sampled_from(["session.started", "client.created", "password.changed", "strange.happened"]) | HOSTILE,
    HOSTILE,
    HOSTILE,
    HOSTILE,
    HOSTILE,
    HOSTILE,
    st.booleans(),
)


def fields_of(text: str) -> tuple[list[str], dict[str, str]]:
    """Take a CEF line apart as a receiver does: at pipes, and at keys, that no backslash precedes."""
    *header, extension = _hidden(text).split("|", 7)
    keys = re.split(r"(?:^| )([A-Za-z0-9]+)=", _hidden_equals(extension))
    found = dict(zip(keys[1::2], keys[2::2], strict=True))
    return [_shown(part) for part in header], {key: _shown(value) for key, value in found.items()}


def _hidden(text: str) -> str:
    return text.replace("\\\\", "\x01").replace("\\|", "\x02")


def _hidden_equals(text: str) -> str:
    return text.replace("\\=", "\x03").replace("\\n", "\x04")


def _shown(text: str) -> str:
    return text.replace("\x01", "\\").replace("\x02", "|").replace("\x03", "=").replace("\x04", "\n")


@given(FACTS, st.sampled_from(["json", "cef", "ocsf"]))
def test_a_record_is_one_line_that_can_be_encoded(fact, form):
    text = line(fact, form)
    assert text.encode().decode() == text
    assert len(text.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text)


@given(FACTS)
def test_cef_reads_back_as_what_went_in(fact):
    header, keys = fields_of(line(fact, "cef"))
    assert header[0] == "CEF:0"
    assert len(header) == 7
    assert header[6] == ("6" if fact.is_refused else "1")
    assert keys["externalId"] == "seg_1:7"
    assert keys["src"] == "192.0.2.1"
    assert keys["cs1Label"] == "tenant"
    assert json.loads(keys["cs4"])["x"] == fact.said["data"]["x"]
    allowed = {"rt", "externalId", "outcome", "reason", "suid", "duid", "src", "requestClientApplication"}
    assert keys.keys() <= allowed | {f"cs{n}{end}" for n in range(1, 5) for end in ("", "Label")}


@given(FACTS)
def test_json_and_ocsf_read_back_as_what_went_in(fact):
    said = json.loads(line(fact, "json"))
    assert (said["id"], said["event"], said["reason"]) == ("seg_1:7", fact.event, fact.said["reason"])
    assert said["personal"]["user_agent"] == fact.personal["user_agent"]
    event = json.loads(line(fact, "ocsf"))
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["unmapped"]["client"] == fact.said["client"]
    assert event["metadata"]["event_code"] == fact.event
    assert event["status_id"] == (2 if fact.is_refused else 1)
    assert {"severity_id", "category_uid", "time", "metadata"} <= event.keys()


@given(FACTS, st.text(max_size=300), st.sampled_from(["json", "cef", "ocsf"]))
def test_syslog_has_its_six_fields_and_a_frame_holds_one_message(fact, host, form):
    message = syslog(fact, host, form)
    head, _, rest = message.partition(b" limen - ")
    priority, at, name = head.split(b" ")
    assert priority == (b"<108>1" if fact.is_refused else b"<109>1")
    assert at == b"2027-01-15T08:00:00.123456Z"
    assert 1 <= len(name) <= 255
    event, data, _ = rest.split(b" ", 2)
    assert 1 <= len(event) <= 32
    assert data == b"-"
    length, _, content = framed(message).partition(b" ")
    assert (int(length), content) == (len(message), message)


@pytest.mark.parametrize(
    ("event", "known"),
    [
        ("session.started", (3002, 1)),
        ("session.ended", (3002, 2)),
        ("second_factor.refused", (3002, 1)),
        ("code.refused", (3002, 1)),
        ("client.authentication_failed", (3002, 1)),
        ("proof.refused", (3002, 99)),
        ("refresh.reused", (3002, 99)),
        ("password.changed", (3001, 3)),
        ("factor.added", (3001, 10)),
        ("customer.updated", (3001, 99)),
        ("client.created", (3004, 1)),
        ("segment.opened", (0, 99)),
        ("attack.recognised", (2004, 1)),
        ("attack.ended", (2004, 3)),
    ],
)
def test_events_have_the_class_that_ocsf_has_for_them(event, known):
    assert class_of(event) == known


def test_no_class_is_chosen_for_what_never_happens():
    rest = [path.read_text() for path in Path(limen.__file__).parent.rglob("*.py") if path.name not in _LISTS]
    composed = {f"refresh.{outcome.value}" for outcome in RotationOutcome}  # the refresh of a token names it so,
    composed |= {f"code.{outcome.value}" for outcome in Redemption}  # and so does the redemption of a code
    missing = {
        name for name in (*CLASSES, *GRAVE) if name not in composed and not any(f'"{name}"' in text for text in rest)
    }
    assert not missing


ATTACK = {
    "attack": "atk_1",
    "kind": "spraying",
    "severity": "critical",
    "networks": [{"network": "203.0.113.0/24", "asn": "AS64500", "failures": 61}],
}


@pytest.mark.parametrize(
    ("word", "cef", "syslog_priority", "ocsf"),
    [("low", "3", 109, 2), ("medium", "6", 108, 3), ("high", "8", 107, 4), ("critical", "10", 106, 5)],
)
def test_an_attack_has_a_severity_of_its_own_in_every_format(word, cef, syslog_priority, ocsf):
    fact = Fact(
        "ten_1", "https://id.example", "seg_1", 1, AT, "attack.recognised", {"data": ATTACK | {"severity": word}}
    )
    header, keys = fields_of(line(fact, "cef"))
    assert header[6] == cef
    assert json.loads(keys["cs4"])["networks"][0]["network"] == "203.0.113.0/24"
    assert syslog(fact, "id.example", "json").startswith(b"<%d>1 " % syslog_priority)
    assert json.loads(line(fact, "ocsf"))["severity_id"] == ocsf


def test_an_attack_that_is_over_resolves_the_finding_that_it_was():
    said = {"data": ATTACK | {"began_at": AT - 600_000_000, "duration_seconds": 540}}
    begun, over = (
        json.loads(line(Fact("ten_1", "https://id.example", "seg_1", 1, AT, event, data), "ocsf"))
        for event, data in (("attack.recognised", {"data": ATTACK}), ("attack.ended", said))
    )
    assert begun["finding_info"]["uid"] == over["finding_info"]["uid"] == "atk_1"
    assert (begun["category_uid"], begun["status_id"], over["status_id"], over["severity_id"]) == (2, 1, 4, 1)
    info = over["finding_info"]
    assert info["last_seen_time"] - info["first_seen_time"] == 540_000
    assert over["attacks"][0]["technique"]["uid"] == "T1110.003"


def test_a_severity_that_nobody_knows_is_of_some_interest():
    fact = Fact("ten_1", "https://id.example", "seg_1", 1, AT, "attack.recognised", {"data": {"severity": "9\n|"}})
    assert fields_of(line(fact, "cef"))[0][6] == "6"


def test_instants_are_written_to_the_microsecond():
    assert timestamp(0) == "1970-01-01T00:00:00.000000Z"
    assert timestamp(AT) == "2027-01-15T08:00:00.123456Z"


def test_text_that_is_not_ascii_is_marked_as_utf_8_in_syslog():
    fact = Fact("ten_1", "https://id.example", "seg_1", 1, AT, "a.b", {"reason": "größer"})
    assert b" \xef\xbb\xbfCEF:0|" in syslog(fact, "id.example", "cef")
    assert b"\xef\xbb\xbf" not in syslog(fact, "id.example", "json")
