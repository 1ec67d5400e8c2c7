"""The table of steps, and the one pure function that reads it.

The first row whose condition holds is the next step. Adding a factor, a profile question or a consent is a new row.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Step:
    """A row: when it is due, how it shows itself, how it answers.

    ``is_even`` says that its answer may depend on an account, so that it leaves on the even step of the clock.
    """

    name: str
    due: Callable[[JourneyState, Facts], bool]
    view: Callable[[StepContext], StepView]
    submit: Callable[[StepContext, Mapping[str, str]], Awaitable[Progress]]
    is_even: bool = False


STEPS: tuple[Step, ...] = (
    Step(
        "lost_factors",
        lambda s, f: _is_known(s, f) and lost_factors.due(s, f),
        lost_factors.view,
        lost_factors.submit,
    ),
    Step(
        "second_factor",
        lambda s, f: _is_known(s, f) and second_factor.due(s, f),
        second_factor.view,
        second_factor.submit,
    ),
    Step("doubted", lambda s, f: _is_known(s, f) and doubted.due(s, f), doubted.view, doubted.submit),
    Step(
        "breached_password",
        lambda s, f: _is_known(s, f) and breached_password.due(s, f),
        breached_password.view,
        breached_password.submit,
    ),
    Step("new_password", lambda s, f: s.new_password_due and f.is_proven, new_password.view, new_password.submit),
    Step("passkey", lambda s, f: _is_known(s, f) and passkey.due(s, f), passkey.view, passkey.submit),
    Step(
        "recovery_codes",
        lambda s, f: _is_known(s, f) and recovery_codes.due(s, f),
        recovery_codes.view,
        recovery_codes.submit,
    ),
    Step(
        "authenticator_app",
        lambda s, f: _is_known(s, f) and authenticator_app.due(s, f),
        authenticator_app.view,
        authenticator_app.submit,
    ),
    Step(
        "change_password",
        lambda s, f: _is_known(s, f) and change_password.due(s, f),
        change_password.view,
        change_password.submit,
    ),
    Step(
        "prove_address",
        lambda s, f: _is_known(s, f) and prove_address.due(s, f),
        prove_address.view,
        prove_address.submit,
    ),
    Step(
        "new_email",
        lambda s, f: _is_known(s, f) and new_email.due(s, f),
        new_email.view,
        new_email.submit,
        is_even=True,
    ),
    Step("one_contact", lambda s, f: _is_known(s, f) and one_contact.due(s, f), one_contact.view, one_contact.submit),
    Step("merge", lambda s, f: _is_known(s, f) and merge.due(s, f), merge.view, merge.submit),
    Step("username", lambda s, f: _is_known(s, f) and username.due(s, f), username.view, username.submit),
    Step(
        "offer_passkey",
        lambda s, f: _is_known(s, f) and offer_passkey.due(s, f),
        offer_passkey.view,
        offer_passkey.submit,
    ),
    Step(
        "delete_account",
        lambda s, f: _is_known(s, f) and delete_account.due(s, f),
        delete_account.view,
        delete_account.submit,
    ),
    Step("profile", lambda s, f: _is_known(s, f) and profile.due(s, f), profile.view, profile.submit),
    Step("phone", lambda s, f: _is_known(s, f) and phone.due(s, f), phone.view, phone.submit),
    Step(
        "mailed_codes",
        lambda s, f: _is_known(s, f) and mailed_codes.due(s, f),
        mailed_codes.view,
        mailed_codes.submit,
    ),
    Step("terms", lambda s, f: _is_known(s, f) and bool(f.terms_due), terms.view, terms.submit),
    Step("consent", lambda s, f: _is_known(s, f) and _asks(s, f), consent.view, consent.submit),
    Step(
        "verify_email",
        lambda s, f: s.challenge is not None and _is_known(s, f) == proves_address(s),
        verify_email.view,
        verify_email.submit,
        is_even=True,
    ),
    Step(
        "choose_account",
        lambda s, f: not _is_known(s, f) and s.select_account and bool(f.accounts),
        choose_account.view,
        choose_account.submit,
    ),
    Step(
        "sign_up",
        lambda s, f: not _is_known(s, f) and s.path is Path.SIGN_UP,
        sign_up.view,
        sign_up.submit,
        is_even=True,
    ),
    Step(
        "recover",
        lambda s, f: not _is_known(s, f) and s.path is Path.RECOVER,
        recover.view,
        recover.submit,
        is_even=True,
    ),
    Step("sign_in", lambda s, f: not _is_known(s, f), sign_in.view, sign_in.submit, is_even=True),
)


def next_step(state: JourneyState, facts: Facts) -> Step | None:
    """Return the step that is due, or None when the journey has arrived."""
    return next((step for step in STEPS if step.due(state, facts)), None)


def _is_known(state: JourneyState, facts: Facts) -> bool:
    return bool(state.customer_id) and facts.is_proven


def _asks(state: JourneyState, facts: Facts) -> bool:
    if state.denied:
        return False
    return not set(facts.consent_due) <= set(state.agreed or ()) or (bool(facts.details_due) and state.agreed is None)
