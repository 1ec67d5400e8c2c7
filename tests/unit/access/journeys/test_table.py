"""The table of steps: which one is due, from what the journey knows and what is true around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.journeys.context import Account, Facts
from limen.access.journeys.records import Challenge, JourneyState, Path, Second, Task
from limen.access.journeys.second_factors import ASK
from limen.access.journeys.table import STEPS, next_step

SENT = Challenge("123456", 0, 900, 5, 4)
SOMEBODY: tuple[Account, ...] = (None,)  # type: ignore[assignment]  # the table asks only whether there is one
KNOWN = {"customer_id": "cus_1"}


def due(state: dict[str, object], **facts: object) -> str:
    step = next_step(JourneyState(**{"path": Path.SIGN_IN, **state}), Facts(**facts))
    return step.name if step is not None else "arrived"


@pytest.mark.parametrize("path", Path)
def test_a_journey_begins_with_the_form_of_its_path(path):
    assert due({"path": path}) == path.value


@pytest.mark.parametrize("path", Path)
def test_a_mailed_code_is_asked_for_before_anything_else(path):
    assert due({"path": path, "challenge": SENT, "select_account": True}, accounts=SOMEBODY) == "verify_email"


def test_accounts_are_offered_only_where_there_are_some():
    assert due({"select_account": True}, accounts=SOMEBODY) == "choose_account"
    assert due({"select_account": True}) == "sign_in"


def test_whoever_is_proven_and_owes_nothing_has_arrived():
    assert due(KNOWN, is_proven=True) == "arrived"


def test_a_proof_that_no_longer_counts_is_asked_for_again():
    assert due(KNOWN, is_proven=False, consent_due=("email",)) == "sign_in"
    assert due({**KNOWN, "path": Path.RECOVER, "new_password_due": True}, is_proven=False) == "recover"


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize("lost", ["", "yes", "no"])
@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["", "add_passkey", "change_password"]))
def test_a_second_factor_comes_before_all_that_is_gathered_only_behind_it(path, lost, new, challenged, denied, task):
    """Consent, terms and questions are not even looked up while it is asked for: nobody may arrive without them."""
    state = {
        **KNOWN,
        "path": path,
        "new_password_due": new,
        "challenge": SENT if challenged else None,
        "denied": denied,
        "task": Task(task),
        "second": Second(lost=lost),
    }
    assert due(state, is_proven=True, second_factor=ASK) in {"second_factor", "lost_factors"}


def test_a_new_password_comes_before_consent():
    assert due({**KNOWN, "new_password_due": True}, is_proven=True, consent_due=("email",)) == "new_password"


def test_consent_is_asked_for_until_it_covers_what_is_due():
    assert due(KNOWN, is_proven=True, consent_due=("email",)) == "consent"
    assert due({**KNOWN, "agreed": ("openid",)}, is_proven=True, consent_due=("email",)) == "consent"
    assert due({**KNOWN, "agreed": ("email", "openid")}, is_proven=True, consent_due=("email",)) == "arrived"


def test_a_denial_is_an_arrival():
    assert due({**KNOWN, "denied": True}, is_proven=True, consent_due=("email",)) == "arrived"


@given(st.sampled_from(Path), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_nobody_arrives_unproven(path, challenged, select, fresh, denied):
    state = {"path": path, "challenge": SENT if challenged else None, "select_account": select, "denied": denied}
    assert due({**state, **KNOWN, "fresh_login": fresh}, is_proven=False) != "arrived"
    assert due({**state, "fresh_login": fresh}, is_proven=True) != "arrived"


def test_steps_whose_answers_may_depend_on_an_account_leave_on_the_even_step():
    assert {step.name for step in STEPS if step.is_even} == {
        "verify_email",
        "sign_up",
        "recover",
        "sign_in",
        "new_email",
    }
