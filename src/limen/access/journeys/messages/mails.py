"""The messages of a journey: a code and a link, or words for an address that is not what was thought.

Whichever it is, one message leaves, sealed under the journey's key: who watches cannot tell which.
"""

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Challenge
from limen.access.journeys.views import Announce
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.entropy import random_digits, random_token
from limen.kernel.events import Event
from limen.kernel.ids import EventId
from limen.kernel.mail import MAIL_FIELD, MailRequest, encode_mail_request

CODE_DIGITS = 6
"""A code is guessed with a chance of 1 in 1,000,000: in few tries a journey, and 30 a day and address over all."""
LINK_BYTES = 24
"""Of chance in a mailed link."""


def challenge(context: StepContext, *, sends_left: int, real: bool, seconds: int) -> tuple[Challenge, str]:
    """Return a challenge of *seconds* and the token of its link. Where it is not *real*, no code is right."""
    parts = context.parts
    now = parts.clock.now()
    code, token = random_digits(parts.entropy, CODE_DIGITS), random_token(parts.entropy, LINK_BYTES)
    return (
        Challenge(
            code=code if real else "",
            sent_at=now,
            expires_at=now + seconds * SECOND,
            tries_left=parts.settings.code_tries,
            sends_left=sends_left,
        ),
        token,
    )


def code_mail(context: StepContext, template: str, email: str, sent: Challenge, token: str) -> Announce:
    """Return what announces a message with a code and a link, both good until the challenge ends."""
    seconds = (sent.expires_at - sent.sent_at) // SECOND
    words: dict[str, str | int] = {
        "code": sent.code,
        "link": f"{_base(context)}/link/{token}",
        "expires_seconds": seconds,
    }
    return mail(context, template, email, words, sent.expires_at)


def plain_mail(context: StepContext, template: str, email: str) -> Announce:
    """Return what announces a message without a secret, with the ways on that its template names."""
    base, settings = _base(context), context.parts.desk.tenant.settings
    words: dict[str, str | int] = {
        "sign_in_url": f"{base}/sign-in",
        "sign_up_url": f"{base}/sign-up" if settings.sign_up_open else "",
        "recover_url": f"{base}/recover",
    }
    return mail(context, template, email, words)


def mail(context: StepContext, template: str, email: str, words: dict[str, str | int], expires_at: int = 0) -> Announce:
    """Seal a message under the journey's key and return what announces it."""
    return sealed_mail(context, (context.journey.id, context.vault), template, email, words, expires_at)


def sealed_mail(  # noqa: PLR0913 - a message has these parts
    context: StepContext,
    subject: tuple[str, SubjectVault],
    template: str,
    email: str,
    words: dict[str, str | int],
    expires_at: int = 0,
) -> Announce:
    """Seal a message under the key of *subject*: of a customer, where it concerns one; else of the journey."""
    event_id = EventId.new(context.parts.clock, context.parts.entropy)
    order = MailRequest(
        template=template, locale=context.journey.state.locale, address=email, context=words, expires_at=expires_at
    )
    owner, vault = subject
    sealed = vault.seal(MAIL_FIELD, event_id, encode_mail_request(order))

    def announce(unit: JourneyUnit) -> None:
        unit.announce(Event("mail.requested", owner, {"template": template}, sealed), event_id)

    return announce


def _base(context: StepContext) -> str:
    return context.parts.desk.issuer.rstrip("/")
