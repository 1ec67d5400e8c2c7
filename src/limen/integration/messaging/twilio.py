"""Short messages by an HTTP API of the shape that Twilio made common.

A form is posted to ``/2010-04-01/Accounts/{account}/Messages.json`` with HTTP Basic authentication. Others speak it
too, so that the base URL is a setting.
"""

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from limen.access.outgoing import Outgoing
from limen.integration.messaging.texts import FORM, Handing, OutgoingText, hand_over
from limen.kernel.secret import Secret

_SERVICE = "MG"
"""How the identifier of a messaging service begins, which picks the sender itself."""


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """Who sends.

    Attributes:
        account: the account's identifier, part of the path.
        user: who authenticates: the account, or an API key of it.
        password: the account's token, or the API key's secret.
        sender: a number, a name, or a messaging service (``MG…``).
        base_url: of the API, https.
        seconds: for a whole request.
    """

    account: str
    user: str
    password: Secret
    sender: str
    base_url: str
    seconds: float


class TwilioTexter:
    """Hands each message over by one request. The API knows no idempotency: what was taken as lost may come twice."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings, outgoing: Outgoing) -> None:
        """Post by *outgoing*."""
        self._outgoing, self._sender = outgoing, settings.sender
        path = f"/2010-04-01/Accounts/{quote(settings.account, safe='')}/Messages.json"
        self._url = f"{settings.base_url.rstrip('/')}{path}"
        pair = b64encode(f"{settings.user}:{settings.password.reveal()}".encode()).decode()
        self._how = Handing((("authorization", Secret(f"Basic {pair}")),), settings.seconds)

    async def send(self, text: OutgoingText) -> None:
        """Hand *text* over.

        Raises:
            DeliveryLater: not now.
            DeliveryRefused: never.
        """
        sender = "MessagingServiceSid" if self._sender.startswith(_SERVICE) else "From"
        form = urlencode({"To": text.to, sender: self._sender, "Body": text.text})
        await hand_over(self._outgoing, self._url, form.encode(), FORM, self._how)
