"""The ways to prove a second factor: one file each, and one row here.

The first that the customer has is offered, the others stand below it; whichever field of a form is filled in is taken.
"""

from collections.abc import Mapping

from limen.access.journeys.context import Facts
from limen.access.journeys.methods import app, email_code, passkey, recovery_code, sms
from limen.access.journeys.methods.method import Method

METHODS: tuple[Method, ...] = (passkey.METHOD, app.METHOD, sms.METHOD, email_code.METHOD, recovery_code.METHOD)


def held(facts: Facts) -> tuple[Method, ...]:
    """Return the ways that the customer has, the one to offer first at the front."""
    return tuple([method for method in METHODS if method.is_held(facts)])


def answered(facts: Facts, form: Mapping[str, str]) -> Method | None:
    """Return the way that *form* answers by, or None where it answers by none that the customer has."""
    return next((method for method in held(facts) if form.get(method.name, "").strip()), None)
