"""Mail by SMTP (RFC 5321)."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum

import aiosmtplib

from limen.integration.messaging.compose import compose, wire_address
from limen.integration.messaging.mail import MailRejected, MailUnavailable, OutgoingMail
from limen.kernel.clock import Clock
from limen.kernel.errors import Misconfigured
from limen.kernel.secret import Secret

_PERMANENT = range(500, 600)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SmtpSecurity(StrEnum):
    """How the connection is protected."""

    TLS = "tls"  # from the first byte, RFC 8314 §3.3
    STARTTLS = "starttls"  # upgraded, and refused where the server cannot (RFC 3207)
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail is handed over.

    Attributes:
        host: the relay's name; its certificate must carry it.
        sender: ``Name <local@domain>``, or the bare address, where a message names no ``From`` of its own.
        port: 465 with TLS and 587 with STARTTLS by custom.
        security: see :class:`SmtpSecurity`.
        username: empty: no authentication.
        password: the password for *username*.
        timeout_seconds: for each step of the conversation.
        local_hostname: what we call ourselves in EHLO.
        certificates: a file of further certificate authorities, or empty.
    """

    host: str
    sender: str
    port: int = 587
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    timeout_seconds: float = 20.0
    local_hostname: str = "localhost"
    certificates: str = ""


class SmtpMailer:
    """Hands each message over on a connection of its own."""

    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        """Keep *settings*; nothing is opened yet.

        Raises:
            Misconfigured: a password would cross the network in the clear.
        """
        if settings.username and settings.security is SmtpSecurity.PLAIN and settings.host not in _LOOPBACK:
            raise Misconfigured(
                "the mail password would be sent unprotected", 'set the mail security to "starttls" or "tls"'
            )
        self._settings = settings
        self._clock = clock
        self._tls = None if settings.security is SmtpSecurity.PLAIN else _tls_context(settings)

    async def send(self, mail: OutgoingMail) -> None:
        """Hand *mail* over.

        Raises:
            MailUnavailable: the server cannot be reached, is not ours to use, or says "later" (4yz).
            MailRejected: the message is malformed, or the server says "never" (5yz) of its recipient or content.
        """
        message = compose(mail, self._settings.sender, self._clock.now())
        recipient = wire_address(mail.to)
        client = self._client()
        try:
            async with client:
                await client.send_message(message, recipients=[recipient])
        except aiosmtplib.SMTPNotSupported:
            if recipient.isascii():  # our own sender has the non-ASCII local part: the operator can mend that
                raise MailUnavailable("smtputf8_unsupported") from None
            raise MailRejected("smtputf8_unsupported") from None
        # Library and server messages may quote the address: none of them is chained.
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [one.code for one in refused.recipients]
            raise _by_code(codes[0] if codes else 0) from None
        except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused) as refused:
            raise _by_code(refused.code) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(_why(error)) from None
        except ValueError:
            raise MailRejected("address_invalid") from None

    async def greet(self) -> None:
        """See that the relay answers, over TLS where that is set; nobody logs in.

        Raises:
            MailUnavailable: it does not.
        """
        client = self._client(logs_in=False)
        try:
            async with client:
                pass
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(_why(error)) from None

    def _client(self, *, logs_in: bool = True) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=(settings.username or None) if logs_in else None,
            password=(settings.password.reveal() or None) if logs_in else None,
            local_hostname=settings.local_hostname,
            timeout=settings.timeout_seconds,
            use_tls=settings.security is SmtpSecurity.TLS,
            start_tls=settings.security is SmtpSecurity.STARTTLS,
            tls_context=self._tls,
        )


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.certificates or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _why(error: aiosmtplib.SMTPException | OSError) -> str:
    """Return why a relay does not serve: the operator can mend it, so messages wait."""
    if isinstance(error, aiosmtplib.SMTPResponseException):  # to our greeting, EHLO, STARTTLS, AUTH or sender
        return f"smtp_{error.code}"
    if isinstance(error, TimeoutError):
        return "smtp_timeout"
    return "smtp_tls" if isinstance(error, ssl.SSLError) else "smtp_unreachable"


def _by_code(code: int) -> MailUnavailable | MailRejected:
    """Return what an answer about the message itself means (RFC 5321 §4.2.1)."""
    return MailRejected(f"smtp_{code}") if code in _PERMANENT else MailUnavailable(f"smtp_{code}")
