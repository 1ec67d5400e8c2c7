"""What leaves: mail, short messages, events, and requests to other servers."""

from typing import Annotated, Literal

from msgspec import Meta

from limen.app.settings.sections import NO_SECRET, Section
from limen.kernel.secret import Secret


class SmtpSection(Section, frozen=True):
    """How mail leaves."""

    url: Annotated[
        Secret,
        Meta(
            description="The mail relay: `smtp://user:password@host:587` (STARTTLS is required), `smtps://host:465`, "
            "or `smtp+plain://localhost:25`. Empty: mail waits in the outbox."
        ),
    ] = NO_SECRET
    sender: Annotated[
        str, Meta(description="Who mail comes from, `Name <local@domain>`. Empty: `no-reply` at the issuer's host.")
    ] = ""
    certificates: Annotated[str, Meta(description="A file of further certificate authorities for the relay.")] = ""
    timeout_seconds: Annotated[float, Meta(description="For each step of the conversation, in seconds.", gt=0)] = 20.0


class SmsSection(Section, frozen=True):
    """How codes by short message leave. Without a provider none is offered."""

    provider: Annotated[
        Literal["", "twilio", "webhook"],
        Meta(
            description="`twilio`: an HTTP API of that shape; `webhook`: signed requests to an address of your own. "
            "Empty: no codes by short message, but for those that `development_mailbox` shows."
        ),
    ] = ""
    url: Annotated[
        str, Meta(description="The API's base URL, or the webhook's whole address. Empty: `https://api.twilio.com`.")
    ] = ""
    account: Annotated[str, Meta(description="With `twilio`: the account's identifier (`AC…`).")] = ""
    key: Annotated[
        str, Meta(description="With `twilio`: an API key of the account (`SK…`). Empty: the account authenticates.")
    ] = ""
    secret: Annotated[
        Secret,
        Meta(
            description="With `twilio`: the account's token, or the API key's secret. With `webhook`: what requests "
            "are signed with, `whsec_` and the base64 of 24 to 64 random bytes."
        ),
    ] = NO_SECRET
    sender: Annotated[
        str, Meta(description="With `twilio`: the number, the name or the messaging service (`MG…`) that sends.")
    ] = ""
    line_type_url: Annotated[
        str,
        Meta(
            description="The address of your own that says on which kind of line a number is, before the first code is "
            "sent to it: a signed request, as of the webhook. Empty: nobody is asked."
        ),
    ] = ""
    line_type_secret: Annotated[
        Secret, Meta(description="What those requests are signed with: `whsec_` and the base64 of 24 to 64 bytes.")
    ] = NO_SECRET
    per_tenant_day: Annotated[
        int,
        Meta(description="Messages a day for any one tenant, whatever its administrators allow.", ge=1, le=1_000_000),
    ] = 5_000
    timeout_seconds: Annotated[float, Meta(description="For a whole request, in seconds.", gt=0, le=30)] = 10.0


class OutboxSection(Section, frozen=True):
    """What becomes of events that nobody could deliver."""

    dead_days: Annotated[
        int,
        Meta(
            description="After so many days an event that could not be delivered loses its sealed content (a mail's "
            "address and words); that it failed, and why, stays.",
            ge=1,
            le=366,
        ),
    ] = 7


class OutgoingSection(Section, frozen=True):
    """What may be asked of other servers on behalf of clients: their keys and documents, and notifications to them."""

    networks: Annotated[
        tuple[str, ...],
        Meta(
            description="Networks (CIDR) that may be asked although they are not public: clients of your own. "
            "Link-local addresses and metadata services never may."
        ),
    ] = ()
    loopback: Annotated[
        bool, Meta(description="For development: this machine may be asked too, over plain http as well.")
    ] = False
