"""A code and a link on their way to an address that was typed: what they are for, and which mail brings them.

Whoever has an account there gets them; to everybody else go words without a secret. The work is the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_mails
from limen.access.journeys.messages.mails import challenge, code_mail, plain_mail
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Challenge, JourneyState, Path
from limen.access.journeys.tasks import ADD_EMAIL, proves_address
from limen.access.journeys.views import Announce, Problem, Progress
from limen.identity.customers.identifiers import EMAIL
from limen.kernel.encoding import link_hash

Purpose = Literal["verify", "reset", "sign_in", "change", "add"]
"""What a code is for, in the words of the templates: a new account, a new password, to sign in, another address, or one
more.
"""

_MAILS: Final[Mapping[Purpose, tuple[str, str]]] = {
    "verify": ("verify_email", "already_registered"),
    "reset": ("reset_password", "reset_no_account"),
    "sign_in": ("sign_in_code", "sign_in_no_account"),
    "change": ("change_email", "email_in_use"),
    "add": ("add_email", "email_in_use"),
}
"""The mail with a code, and the one without."""


First = Callable[[StepContext, str], Awaitable[Problem | None]]


async def _nothing(_: StepContext, __: str) -> Problem | None:
    return None


def purpose(parts: JourneyParts, state: JourneyState) -> Purpose:
    """Return what the code of a journey is for. Where there are no passwords, recovery signs in."""
    if proves_address(state):
        return "add" if state.task.kind == ADD_EMAIL else "change"
    if state.path is Path.SIGN_UP:
        return "verify"
    resets = state.path is Path.RECOVER and parts.desk.tenant.settings.sign_in.password
    return "reset" if resets else "sign_in"


def lifetime(parts: JourneyParts, state: JourneyState) -> int:
    """Return how many seconds the code of a journey is good for."""
    lifetimes = parts.desk.lifetimes
    return lifetimes.sign_in_code if purpose(parts, state) == "sign_in" else lifetimes.mail_code


def letter(context: StepContext, email: str, sent: Challenge, token: str) -> Announce:
    """Return what announces the mail of a journey: with the code where there is one, else the words without."""
    with_code, without = _MAILS[purpose(context.parts, context.journey.state)]
    if sent.code:
        return code_mail(context, with_code, email, sent, token)
    return plain_mail(context, without, email)


def posted(context: StepContext, email: str, state: JourneyState, *, real: bool) -> Progress:
    """Return the progress of a journey whose mail leaves: *state* waits for its code."""
    parts = context.parts
    seconds = lifetime(parts, context.journey.state)
    sent, token = challenge(context, sends_left=parts.settings.code_sends, real=real, seconds=seconds)
    announce = letter(context, email, sent, token)

    async def write(unit: JourneyUnit) -> Problem | None:
        announce(unit)
        return None

    waiting = msgspec.structs.replace(state, email=email, challenge=sent)
    return Progress(waiting, write, link_hash=link_hash(token))


async def send_to_owner(context: StepContext, email: str, first: First = _nothing) -> Progress:
    """Send a code to the owner of an active account at *email*, or words that there is none.

    *first* is done before anybody is looked up, and within the limits; nothing leaves where it has a problem.
    """
    state, parts = context.journey.state, context.parts
    limited = await over_mails(context, email) or await first(context, email)
    if limited is not None:
        return Progress(state, problem=limited)
    index = await parts.directory.email_index(email)
    async with parts.read(parts.tenant_id) as unit:
        customer = await unit.customers.find_by_contact(EMAIL, index)
    return posted(context, email, state, real=customer is not None and customer.may_sign_in)
