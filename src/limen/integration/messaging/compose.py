"""From :class:`OutgoingMail` to the message on the wire (RFC 5322), or a refusal."""

from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

import idna

from limen.integration.messaging.mail import MailRejected, OutgoingMail
from limen.kernel.clock import Instant, to_datetime

_SPECIALS = frozenset(
    ' ()[]<>,;:"\\@'
)  # RFC 5322 §3.2.3; a local part that needs quotes is nobody we can tell from a trick
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 255  # octets, RFC 5321 §4.5.3.1
_OURS = frozenset(
    {"to", "cc", "bcc", "sender", "subject", "message-id", "date", "auto-submitted", "mime-version"}
    | {"content-type", "content-transfer-encoding", "return-path"}
)


def wire_address(address: str) -> str:
    """Return *address* as SMTP takes it: the domain in its ASCII form (RFC 5891), the local part as it is.

    Raises:
        MailRejected: it is not one bare address (``address_invalid``).
    """
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(not c.isprintable() or c in _SPECIALS for c in local):
        raise MailRejected("address_invalid")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise MailRejected("address_invalid") from None  # the cause quotes the address
    if len(local.encode()) > _LONGEST_LOCAL or len(ascii_domain) > _LONGEST_DOMAIN:
        raise MailRejected("address_invalid")
    return f"{local}@{ascii_domain}"


def compose(mail: OutgoingMail, sender: str, now: Instant) -> EmailMessage:
    """Return *mail* as a message from *sender* (``Name <local@domain>``), dated *now*.

    Raises:
        MailRejected: an address is malformed, or a header holds a control character or is one that we set ourselves.
    """
    sender = _mailbox(next((v for k, v in mail.headers.items() if k.lower() == "from"), sender))
    to = wire_address(mail.to)
    message = EmailMessage(policy=SMTP if (to + sender).isascii() else SMTPUTF8)
    fixed = {
        "From": sender,
        "To": to,
        "Subject": mail.subject,
        "Date": format_datetime(to_datetime(now)),
        "Message-ID": mail.message_id,
        "Auto-Submitted": "auto-generated",  # RFC 3834 §5: nobody's absence notice answers a machine
    }
    further = {k: v for k, v in mail.headers.items() if k.lower() != "from"}
    if _OURS & {name.lower() for name in further}:
        raise MailRejected("header_reserved")
    for name, value in (fixed | further).items():
        message[_one_line(name)] = _one_line(value)
    # quoted-printable keeps lines short and ASCII, so that no relay rewrites the body and breaks its signature
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _mailbox(text: str) -> str:
    """Return ``Name <local@domain>``, quoted or not, with the name quoted and the domain in ASCII."""
    name, address = "", _one_line(text).strip()
    if address.endswith(">"):
        name, _, address = address[:-1].rpartition("<")
    name = name.strip().strip('"').replace('\\"', '"').replace("\\\\", "\\")
    address = wire_address(address)
    return f"{_quoted(name)} <{address}>" if name else address


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _one_line(value: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 or c in "\x85\u2028\u2029" for c in value):
        raise MailRejected("header_invalid")
    return value
