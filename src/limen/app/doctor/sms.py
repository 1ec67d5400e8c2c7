"""Whether whoever carries short messages answers."""

from collections.abc import AsyncIterator
from typing import Final

from limen.access.outgoing import Wanted
from limen.app.doctor.findings import Finding, wrong
from limen.app.settings import Settings
from limen.app.sms import TWILIO
from limen.integration.outgoing import AddressPolicy, LazyOutgoing, OutgoingSettings
from limen.kernel.clock import SystemClock
from limen.kernel.errors import Refusal

_PROBE: Final = Wanted("sms-probe", ("text/html", "text/plain", "application/json", "application/xml"))
_PROVIDER: Final = "the SMS provider does not answer: codes wait until they expire"
_LINES: Final = "the hook for kinds of lines does not answer: sms.lines_away says what holds for new numbers"
_WHERE: Final = "a public https address, or one of outgoing.networks"
_ANY_ANSWER: Final = "outgoing_unexpected"
"""What a provider answers to a bare GET is its own affair: that it answers is what was asked."""


async def sms_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what is wrong with the provider, and with who knows lines: they cannot be reached, or may not be asked.

    No message is sent, and no number is asked about.
    """
    asked = {
        "sms.url": (settings.sms.url or TWILIO if settings.sms.provider else "", _PROVIDER),
        "sms.line_type_url": (settings.sms.line_type_url, _LINES),
    }
    allowed = settings.outgoing
    policy = AddressPolicy.of(allowed.networks, loopback=allowed.loopback)
    outgoing = LazyOutgoing(OutgoingSettings(policy), SystemClock(), lambda _purpose, _outcome: None)
    try:
        for name, (url, words) in asked.items():
            answer = await outgoing.fetch(url, _PROBE) if url else None
            if not isinstance(answer, Refusal) or answer.code == _ANY_ANSWER:
                continue
            if answer.code == "outgoing_forbidden":
                yield wrong(f"{name} leads where nothing is asked", _WHERE)
            else:
                yield wrong(words, f"see {name} and the network")
    finally:
        await outgoing.aclose()
