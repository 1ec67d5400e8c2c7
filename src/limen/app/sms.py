"""How short messages leave, by the settings, and how the outbox's messages are opened, worded and sent."""

from typing import Final

from limen.access.outgoing import Outgoing
from limen.app.settings.records import Settings
from limen.experience.rendering import Catalogue, negotiate_locale, spoken
from limen.identity.keyring import Keyring
from limen.identity.tenants.store import TenantStore
from limen.integration.messaging.handler import Unseal
from limen.integration.messaging.line_types import HookLineTypes
from limen.integration.messaging.mail import Mailer
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.text_handler import WordText
from limen.integration.messaging.text_webhook import WebhookSettings, WebhookTexter
from limen.integration.messaging.texts import DevelopmentTexter, NoTexter, Texter
from limen.integration.messaging.twilio import TwilioSettings, TwilioTexter
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.kernel.sms import SMS_FIELD, SmsRequest
from limen.trust.tolls.lines import LineTypes

_LINE_SECONDS: Final = 3.0
"""Somebody waits at a page for it."""
TWILIO: Final = "https://api.twilio.com"
_WORDS: Final = {
    "code": "sms.code",
    "recovery_waiting": "sms.recovery_waiting",
    "recovery_ready": "sms.recovery_ready",
    "phone_gone": "sms.phone_gone",
    "number_gone": "sms.number_gone",
}
"""The words of a message, by its template."""


def texter_for(settings: Settings, mailer: Mailer, outgoing: Outgoing, clock: Clock) -> Texter:
    """Return what carries short messages out of the house: what is configured, else the development mailbox, if any.

    Raises:
        Misconfigured: the webhook's secret is none.
    """
    sms = settings.sms
    if sms.provider == "webhook":
        return WebhookTexter(WebhookSettings(sms.url, sms.secret, sms.timeout_seconds), outgoing, clock)
    if sms.provider == "twilio":
        user, url = sms.key or sms.account, sms.url or TWILIO
        known = TwilioSettings(sms.account, user, sms.secret, sms.sender, url, sms.timeout_seconds)
        return TwilioTexter(known, outgoing)
    return DevelopmentTexter(mailer) if isinstance(mailer, DevelopmentMailbox) else NoTexter()


def lines_of(settings: Settings, outgoing: Outgoing, clock: Clock, entropy: Entropy) -> LineTypes | None:
    """Return who knows kinds of lines, where the settings name one.

    Raises:
        Misconfigured: its secret is none.
    """
    sms = settings.sms
    if not sms.line_type_url:
        return None
    hook = WebhookSettings(sms.line_type_url, sms.line_type_secret, min(sms.timeout_seconds, _LINE_SECONDS))
    return HookLineTypes(hook, outgoing, clock, entropy)


def is_ready(settings: Settings) -> bool:
    """Tell whether there is anybody who carries short messages."""
    return bool(settings.sms.provider) or settings.development_mailbox


def text_unseal(keyring: Keyring) -> Unseal:
    """Return what opens the envelopes: under the key of the journey, or of the customer."""

    async def unseal(item: OutboxItem) -> bytes | None:
        vault = await keyring.subject(item.tenant_id, item.subject)
        return None if vault is None else vault.unseal(SMS_FIELD, item.id, item.sealed)

    return unseal


def text_words(tenants: TenantStore) -> WordText:
    """Return what words messages, in the reader's language and the tenant's name."""

    async def words(tenant_id: str, request: SmsRequest) -> str | None:
        tenant = await tenants.get(TenantId(tenant_id))
        if tenant is None:
            return None
        catalogue = Catalogue.for_locale(negotiate_locale(request.locale, spoken(tenant.settings.locales)))
        values = {"brand": tenant.name, **({"code": request.code} if request.code else {})}
        return catalogue.text(_WORDS[request.template], **values)

    return words
