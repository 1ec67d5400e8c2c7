"""The first factors: one file each, and one row here.

The first that is on and takes an address is the form's own; the others are buttons below it (``intent=use:<name>``).
"""

from collections.abc import Mapping

from limen.access.journeys.firsts import email_code, passkey, password
from limen.access.journeys.firsts.first import First
from limen.identity.tenants.sign_in import SignInSettings

FIRSTS: tuple[First, ...] = (password.FIRST, email_code.FIRST, passkey.FIRST)
_USE = "use:"


def offered(settings: SignInSettings) -> tuple[First, ...]:
    """Return the ways that a tenant offers, to everybody alike."""
    return tuple([first for first in FIRSTS if first.is_on(settings)])


def main(settings: SignInSettings) -> First | None:
    """Return the way that the form itself answers by; None where no way that is on takes an address."""
    return next((first for first in offered(settings) if first.needs_address), None)


def asked_for(settings: SignInSettings, form: Mapping[str, str]) -> First | None:
    """Return the way that a button of *form* names, or None: no button was pressed, or none that is on."""
    intent = form.get("intent", "")
    if not intent.startswith(_USE):
        return None
    named = intent.removeprefix(_USE)
    return next((first for first in offered(settings) if first.name == named), None)
