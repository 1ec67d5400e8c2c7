"""Kinds of lines by a hook of the operator's own, signed as :mod:`limen.kernel.webhooks` has it.

Any provider's look-up fits behind it in a few lines, and its contract stays the operator's.
"""

from typing import Final, cast

import msgspec

from limen.access.outgoing import Notice, Outgoing
from limen.integration.messaging.text_webhook import WebhookSettings, signing_key
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Refusal
from limen.kernel.ids import EventId
from limen.kernel.strict_json import MalformedJson, strict_json
from limen.kernel.webhooks import signed
from limen.trust.tolls.lines import LINES, Line

TYPE: Final = "phone.line_type"


class HookLineTypes:
    """Posts ``{"type": "phone.line_type", "data": {"number": …}}`` and reads ``{"line_type": …}``."""

    def __init__(self, settings: WebhookSettings, outgoing: Outgoing, clock: Clock, entropy: Entropy) -> None:
        """Ask by *outgoing*.

        Raises:
            Misconfigured: the secret is not what it should be.
        """
        self._settings, self._outgoing, self._clock, self._entropy = settings, outgoing, clock, entropy
        self._key = signing_key(settings.secret, "sms.line_type_secret")

    async def of(self, number: str) -> Line | None:
        """Return the kind of line of *number*; None where the hook does not say."""
        body = msgspec.json.encode({"type": TYPE, "data": {"number": number}})
        headers = signed(self._key, str(EventId.new(self._clock, self._entropy)), self._clock.now(), body)
        notice = Notice("line-type", body, "application/json", headers=headers, seconds=self._settings.seconds)
        answer = await self._outgoing.ask(self._settings.url, notice)
        if isinstance(answer, Refusal):
            return None
        try:
            said = strict_json(answer)
        except MalformedJson:
            return None
        line = said.get("line_type") if isinstance(said, dict) else None
        return cast("Line", line) if isinstance(line, str) and line in LINES else None
