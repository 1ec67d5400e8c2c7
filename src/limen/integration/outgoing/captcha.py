"""Checking a CAPTCHA's answer with its vendor, through the one way out. The customer's address is not sent."""

from typing import Final
from urllib.parse import urlencode

from limen.access.outgoing import Notice, Outgoing
from limen.kernel.clock import MINUTE, Clock, Instant
from limen.kernel.errors import Refusal
from limen.kernel.secret import Secret
from limen.kernel.strict_json import MalformedJson, strict_json
from limen.trust.bots.captcha import WIDGETS, Vendor

_LONGEST: Final = 8_192
_SECONDS: Final = 3.0
_NOTHING: Final = "none"


class HttpCaptcha:
    """A :class:`limen.trust.bots.captcha.Captcha` over HTTP. All three vendors speak alike."""

    def __init__(self, vendor: Vendor, site_key: str, secret: Secret, outgoing: Outgoing, clock: Clock) -> None:
        """Ask *vendor* with the account of *site_key* and *secret*."""
        self.vendor, self.site_key = vendor, site_key
        self._secret, self._outgoing, self._clock = secret, outgoing, clock
        self._answered_at: Instant = -MINUTE

    async def passes(self, answer: str) -> bool | None:
        """Tell whether *answer* is good; each is good once, which the vendor sees to.

        Where there is none, the widget may have stood nowhere because the vendor is away: then that is found out, once
        a minute at the most. Whoever leaves it out while the vendor answers gains nothing.
        """
        if len(answer) > _LONGEST:
            return False
        if not answer and self._clock.now() - self._answered_at < MINUTE:
            return False
        fields = {"secret": self._secret.reveal(), "response": answer or _NOTHING, "sitekey": self.site_key}
        body = urlencode(fields).encode()
        notice = Notice("captcha", body, "application/x-www-form-urlencoded", seconds=_SECONDS)
        said = _success(await self._outgoing.ask(WIDGETS[self.vendor].check, notice))
        if said is not None:
            self._answered_at = self._clock.now()
        return said


def _success(answer: bytes | Refusal) -> bool | None:
    if isinstance(answer, Refusal):
        return None
    try:
        said = strict_json(answer)
    except MalformedJson:
        return None
    success = said.get("success") if isinstance(said, dict) else None
    return success if isinstance(success, bool) else None
