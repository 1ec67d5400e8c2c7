"""How mail leaves, by the settings, and how the outbox's mail is opened, worded and sent."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from limen.app.settings.derived import issuer_host
from limen.app.settings.records import Settings
from limen.experience.pages.devices import describe_device
from limen.experience.pages.visit import brand_of
from limen.experience.rendering import RenderedMail, Renderer, negotiate_locale, spoken
from limen.identity.keyring import Keyring
from limen.identity.tenants.store import TenantStore
from limen.integration.messaging.handler import MailHandler, Sender
from limen.integration.messaging.mail import Mailer, MailUnavailable, OutgoingMail
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.integration.messaging.queue import OutboxItem
from limen.kernel.clock import Clock
from limen.kernel.errors import Misconfigured
from limen.kernel.ids import TenantId
from limen.kernel.mail import MAIL_FIELD
from limen.kernel.secret import Secret

if TYPE_CHECKING:
    from limen.integration.messaging.smtp import SmtpMailer

_SCHEMES: Final = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("plain", 25)}


class NoMailer:
    """What sends nothing: mail waits in the outbox until somebody says how it leaves."""

    async def send(self, mail: OutgoingMail) -> None:
        """Refuse for now.

        Raises:
            MailUnavailable: always.
        """
        del mail
        raise _nobody()


def _nobody() -> MailUnavailable:
    return MailUnavailable("not_configured")


def mailer_for(settings: Settings, clock: Clock) -> Mailer:
    """Return what carries mail out of the house.

    Raises:
        Misconfigured: the relay's URL is not understood, or would show its password.
    """
    if settings.development_mailbox:
        return DevelopmentMailbox(clock)
    if not settings.smtp.url:
        return NoMailer()
    return relay_of(settings, clock)


def relay_of(settings: Settings, clock: Clock) -> "SmtpMailer":
    """Return the relay that the settings name.

    Raises:
        Misconfigured: as :func:`mailer_for`.
    """
    try:
        return _relay(settings, clock)
    except (OSError, ValueError) as error:  # a port that is none, certificates that are not there
        raise Misconfigured(
            f"smtp is not understood ({type(error).__name__})", "see smtp.url and smtp.certificates"
        ) from error


def _relay(settings: Settings, clock: Clock) -> "SmtpMailer":
    from limen.integration.messaging.smtp import (  # noqa: PLC0415  # memory that only those who use it pay
        SmtpMailer,
        SmtpSecurity,
        SmtpSettings,
    )

    parts = urlsplit(settings.smtp.url.reveal())
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise Misconfigured("smtp.url is not understood", "smtp://user:password@host:587, smtps:// or smtp+plain://")
    security, port = _SCHEMES[parts.scheme]
    return SmtpMailer(
        SmtpSettings(
            host=parts.hostname,
            sender=settings.smtp.sender or f"no-reply@{issuer_host(settings)}",
            port=parts.port or port,
            security=SmtpSecurity(security),
            username=unquote(parts.username or ""),
            password=Secret(unquote(parts.password or "")),
            timeout_seconds=settings.smtp.timeout_seconds,
            local_hostname=issuer_host(settings),
            certificates=settings.smtp.certificates,
        ),
        clock,
    )


def mail_handler(
    tenants: TenantStore, keyring: Keyring, renderer: Callable[[], Renderer], mailer: Mailer, clock: Clock
) -> MailHandler:
    """Return what acts on ``mail.requested``."""

    async def unseal(item: OutboxItem) -> bytes | None:
        if not item.subject:
            return (await keyring.tenant(item.tenant_id)).unseal(MAIL_FIELD, item.id, item.sealed)
        vault = await keyring.subject(item.tenant_id, item.subject)
        return None if vault is None else vault.unseal(MAIL_FIELD, item.id, item.sealed)

    async def render(tenant_id: str, name: str, locale: str, context: dict[str, str | int]) -> RenderedMail:
        if isinstance(mailer, NoMailer):  # what waits is tried again for hours: no words are made for nobody
            raise _nobody()
        tenant = await tenants.get(TenantId(tenant_id))
        if tenant is None:
            raise LookupError(name)
        chosen = negotiate_locale(locale, spoken(tenant.settings.locales))
        words: dict[str, object] = {**context, "brand": brand_of(tenant)}
        if "device" in words:  # what a browser calls itself is whatever its owner wants a reader to believe
            words["device"] = describe_device(str(words["device"]))
        return renderer().render_mail(name, chosen, words)

    async def sender_of(tenant_id: str) -> Sender | None:
        tenant = await tenants.get(TenantId(tenant_id))
        return None if tenant is None else Sender(urlsplit(tenant.issuer).hostname or "localhost")

    return MailHandler(unseal, render, mailer, sender_of, clock)
