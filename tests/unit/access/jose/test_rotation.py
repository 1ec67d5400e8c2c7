"""When keys change."""

from datetime import timedelta

import pytest

from limen.access.jose.algorithms import Algorithm
from limen.access.jose.keys import KeyPurpose, KeyState, SigningKey
from limen.access.jose.rotation import Change, Creation, RotationPolicy, Transition, Urgency, next_due, plan_rotation
from limen.kernel.clock import DAY, HOUR, Instant
from limen.kernel.errors import Fault
from tests.unit.access.jose.doubles import START, signing_key

POLICY = RotationPolicy(
    algorithms=(Algorithm.ES256,),
    active_for=timedelta(days=90),
    publish_before=timedelta(days=2),
    overlap=timedelta(hours=12),
)
ACTIVE, PENDING, RETIRING, RETIRED = KeyState.ACTIVE, KeyState.PENDING, KeyState.RETIRING, KeyState.RETIRED
END = START + 90 * DAY


def active(number: int = 0) -> SigningKey:
    return signing_key(state=ACTIVE, number=number, retires_at=END)


def pending(activates_at: Instant = END) -> SigningKey:
    return signing_key(state=PENDING, number=1, activates_at=activates_at)


def retiring(removed_at: Instant) -> SigningKey:
    return signing_key(state=RETIRING, number=2, removed_at=removed_at)


def told(plan: list[Transition]) -> list[str]:
    return [
        f"new {step.state}" if isinstance(step, Creation) else f"{step.before.state}→{step.after.state}"
        for step in plan
    ]


@pytest.mark.parametrize(
    ("keys", "now", "urgency", "expected"),
    [
        ([], START, Urgency.DUE, ["new active"]),
        ([active()], START, Urgency.DUE, []),
        ([active()], END - 2 * DAY - 1, Urgency.DUE, []),
        ([active()], END - 2 * DAY, Urgency.DUE, ["new pending"]),
        ([active(), pending()], END - 1, Urgency.DUE, []),
        ([active(), pending()], END, Urgency.DUE, ["active→retiring", "pending→active"]),
        ([active()], END + 30 * DAY, Urgency.DUE, ["new pending"]),
        ([active(), pending(END + 30 * DAY)], END + 30 * DAY - 1, Urgency.DUE, []),
        ([active(), retiring(START + HOUR)], START + HOUR - 1, Urgency.DUE, []),
        ([active(), retiring(START + HOUR)], START + HOUR, Urgency.DUE, ["retiring→retired"]),
        ([pending()], START, Urgency.DUE, ["pending→active"]),
        ([retiring(END)], START, Urgency.DUE, ["new active"]),
        ([active()], START, Urgency.SOON, ["new pending"]),
        ([active(), pending()], START, Urgency.SOON, []),
        (
            [active(), pending(), retiring(END)],
            START,
            Urgency.COMPROMISED,
            ["active→retired", "pending→retired", "retiring→retired", "new active"],
        ),
        ([signing_key(state=RETIRED, number=3), active()], START, Urgency.DUE, []),
        ([signing_key(state=ACTIVE, purpose=KeyPurpose.CHECKPOINTS)], START, Urgency.DUE, ["new active"]),
        (
            [active(), signing_key(Algorithm.EDDSA), signing_key(Algorithm.EDDSA, PENDING, 1)],
            START,
            Urgency.DUE,
            ["pending→retired", "active→retiring"],
        ),
    ],
    ids=[
        "first start",
        "nothing due",
        "an instant before publishing",
        "publish before use",
        "an instant before taking over",
        "take over",
        "long stop: publish first, sign on",
        "long stop: successor not published long enough",
        "overlap not over",
        "overlap over",
        "nothing signs: take the published one",
        "nothing signs and nothing is published",
        "soon",
        "soon, already under way",
        "compromised",
        "retired keys are past",
        "keys for another purpose are not ours",
        "an algorithm was taken out of the policy",
    ],
)
def test_plan(keys: list[SigningKey], now: Instant, urgency: Urgency, expected: list[str]) -> None:
    assert told(plan_rotation(keys, now, POLICY, urgency)) == expected


def test_a_successor_is_published_for_the_whole_lead_even_when_it_is_late() -> None:
    [creation] = plan_rotation([active()], END + 30 * DAY, POLICY)
    assert isinstance(creation, Creation)
    assert creation.activates_at == END + 32 * DAY


def test_a_successor_made_in_time_takes_over_at_the_end_of_the_old_key() -> None:
    [creation] = plan_rotation([active()], END - 2 * DAY, POLICY)
    assert isinstance(creation, Creation)
    assert creation.activates_at == END


def test_the_old_key_stays_published_for_the_overlap_and_loses_its_private_half() -> None:
    retire, activate = plan_rotation([active(), pending()], END, POLICY)
    assert isinstance(retire, Change)
    assert isinstance(activate, Change)
    assert retire.after.removed_at == END + 12 * HOUR
    assert retire.after.sealed_private == b""
    assert activate.after.retires_at == END + 90 * DAY


@pytest.mark.parametrize("lag", [0, 1, HOUR, 40 * DAY])
def test_no_token_outlives_its_key_whatever_the_hour_of_the_visit(lag: int) -> None:
    """Walk a year in visits; whatever signs was published for the lead, whatever signed stays for the overlap."""
    keys: dict[str, SigningKey] = {}
    number = 10
    now = START
    for _ in range(60):
        for step in plan_rotation(list(keys.values()), now, POLICY):
            if isinstance(step, Creation):
                times = {"created_at": now, "activates_at": step.activates_at, "retires_at": step.retires_at}
                key = signing_key(state=step.state, number=number, **times)
                number += 1
                keys[key.kid] = key
            else:
                keys[step.before.kid] = step.after
                if step.after.state is ACTIVE:
                    assert now - step.before.created_at >= 2 * DAY
                if step.after.state is RETIRED:
                    assert now - step.before.retires_at >= 12 * HOUR
        assert [key.state for key in keys.values()].count(ACTIVE) == 1
        due = next_due(list(keys.values()), POLICY)
        assert due is not None
        assert due > now
        now = due + lag
    assert number > 15


def test_nothing_is_due_before_next_due() -> None:
    for keys in ([active()], [active(), pending()], [active(), retiring(START + HOUR)]):
        due = next_due(keys, POLICY)
        assert due is not None
        assert not plan_rotation(keys, due - 1, POLICY)
        assert plan_rotation(keys, due, POLICY)


def test_without_keys_there_is_no_next_instant() -> None:
    assert next_due([], POLICY) is None


@pytest.mark.parametrize(
    ("state", "transition"),
    [
        (ACTIVE, lambda key: key.activate(START, END)),
        (RETIRING, lambda key: key.activate(START, END)),
        (RETIRED, lambda key: key.activate(START, END)),
        (PENDING, lambda key: key.retire(START, END)),
        (RETIRING, lambda key: key.retire(START, END)),
        (RETIRED, lambda key: key.retire(START, END)),
        (RETIRED, lambda key: key.remove(START)),
    ],
)
def test_a_key_makes_no_other_transition(state: KeyState, transition) -> None:
    with pytest.raises(Fault):
        transition(signing_key(state=state))


def test_the_repr_of_a_key_does_not_show_the_sealed_half() -> None:
    assert "sealed" not in repr(signing_key())
