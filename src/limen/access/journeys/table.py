"""The table of steps, and the one pure function that reads it.

The first row whose condition holds is the next step. Adding a factor, a profile question or a consent is a new row.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.steps import (
    authenticator_app,
    breached_password,
    change_password,
    choose_account,
    consent,
    delete_account,
    doubted,
    lost_factors,
    mailed_codes,
    merge,
    new_email,
    new_password,
    offer_passkey,
    one_contact,
    passkey,
    phone,
    profile,
    prove_address,
    recover,
    recovery_codes,
    second_factor,
    sign_in,
    sign_up,
    terms,
    username,
    verify_email,
)
from limen.access.journeys.tasks import proves_address
from limen.access.journeys.views import Progress, StepView


class Whose(Enum):
    """Whose step it is."""

    SOMEBODYS = "somebody's"
    NOBODYS = "nobody's"
    ANYBODYS = "anybody's"


@dataclass(frozen=True, slots=True)
class Step:
    """A row: when it is due, how it shows itself, how it answers.

    Attributes:
        name: what forms and translations call it.
        due: whether it is the one that has to be taken, of those before which nothing else is.
        view: how it shows itself.
        submit: how it answers.
        whose: of somebody who has proven who they are, of nobody yet, or of anybody.
        is_even: its answer may depend on an account, so that it leaves on the even step of the clock.
    """

    name: str
    due: Callable[[JourneyState, Facts], bool]
    view: Callable[[StepContext], StepView]
    submit: Callable[[StepContext, Mapping[str, str]], Awaitable[Progress]]
    whose: Whose = Whose.SOMEBODYS
    is_even: bool = False


def _is_known(state: JourneyState, facts: Facts) -> bool:
    return bool(state.customer_id) and facts.is_proven


def _asks(state: JourneyState, facts: Facts) -> bool:
    if state.denied:
        return False
    return not set(facts.consent_due) <= set(state.agreed or ()) or (bool(facts.details_due) and state.agreed is None)


STEPS: tuple[Step, ...] = (
    Step("lost_factors", lost_factors.due, lost_factors.view, lost_factors.submit),
    Step("second_factor", second_factor.due, second_factor.view, second_factor.submit),
    Step("doubted", doubted.due, doubted.view, doubted.submit),
    Step("breached_password", breached_password.due, breached_password.view, breached_password.submit),
    Step(
        "new_password",
        lambda s, f: s.new_password_due and f.is_proven,
        new_password.view,
        new_password.submit,
        Whose.ANYBODYS,
    ),
    Step("passkey", passkey.due, passkey.view, passkey.submit),
    Step("recovery_codes", recovery_codes.due, recovery_codes.view, recovery_codes.submit),
    Step("authenticator_app", authenticator_app.due, authenticator_app.view, authenticator_app.submit),
    Step("change_password", change_password.due, change_password.view, change_password.submit),
    Step("prove_address", prove_address.due, prove_address.view, prove_address.submit),
    Step("new_email", new_email.due, new_email.view, new_email.submit, is_even=True),
    Step("one_contact", one_contact.due, one_contact.view, one_contact.submit),
    Step("merge", merge.due, merge.view, merge.submit),
    Step("username", username.due, username.view, username.submit),
    Step("offer_passkey", offer_passkey.due, offer_passkey.view, offer_passkey.submit),
    Step("delete_account", delete_account.due, delete_account.view, delete_account.submit),
    Step("profile", profile.due, profile.view, profile.submit),
    Step("phone", phone.due, phone.view, phone.submit),
    Step("mailed_codes", mailed_codes.due, mailed_codes.view, mailed_codes.submit),
    Step("terms", lambda _, f: bool(f.terms_due), terms.view, terms.submit),
    Step("consent", _asks, consent.view, consent.submit),
    Step(
        "verify_email",
        lambda s, f: s.challenge is not None and _is_known(s, f) == proves_address(s),
        verify_email.view,
        verify_email.submit,
        Whose.ANYBODYS,
        is_even=True,
    ),
    Step(
        "choose_account",
        lambda s, f: s.select_account and bool(f.accounts),
        choose_account.view,
        choose_account.submit,
        Whose.NOBODYS,
    ),
    Step("sign_up", lambda s, _: s.path is Path.SIGN_UP, sign_up.view, sign_up.submit, Whose.NOBODYS, is_even=True),
    Step("recover", lambda s, _: s.path is Path.RECOVER, recover.view, recover.submit, Whose.NOBODYS, is_even=True),
    Step("sign_in", lambda _, __: True, sign_in.view, sign_in.submit, Whose.NOBODYS, is_even=True),
)
_OF_SOMEBODY = tuple(step for step in STEPS if step.whose is not Whose.NOBODYS)
_OF_NOBODY = tuple(step for step in STEPS if step.whose is not Whose.SOMEBODYS)


def next_step(state: JourneyState, facts: Facts) -> Step | None:
    """Return the step that is due, or None when the journey has arrived."""
    of = _OF_SOMEBODY if _is_known(state, facts) else _OF_NOBODY
    for step in of:
        if step.due(state, facts):
            return step
    return None
