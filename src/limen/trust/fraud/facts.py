"""The facts that patterns are asked about: where from and what with, and numbers that guards count anyway."""

from dataclasses import dataclass
from typing import Final

from limen.identity.tenants.expressions import Facts, Value
from limen.kernel.clock import HOUR, Instant
from limen.trust.risk.records import COUNTRY, NETWORK
from limen.trust.risk.whereabouts import Whereabouts

_MARKS: Final = (
    *("headlesschrome", "headless", "phantomjs", "selenium", "webdriver", "puppeteer", "playwright", "cypress"),
    *("python-", "python/", "aiohttp", "httpx", "scrapy", "curl/", "wget/", "libwww", "go-http", "java/"),
    *("node-fetch", "axios/", "undici", "postmanruntime", "insomnia", "powershell", "bot/", "crawler", "spider"),
)
"""How tools call themselves that do not pretend; lower case."""
_LONGEST_AGENT: Final = 400


@dataclass(frozen=True, slots=True)
class Seen:
    """Where somebody comes from, and what with, as every action shows it.

    ``signed_by`` is the agent that signed the request, empty for none; None where that is not known.
    """

    at: Instant
    address: str
    agent: str
    where: Whereabouts
    listed: bool
    signed_by: str | None = None

    def facts(self, action: str, **counted: Value) -> Facts:
        """Return the facts of *action*, with what is *counted* of it; what is absent is not known."""
        return {
            "action": action,
            "address": self.address,
            "agent": self.agent[:_LONGEST_AGENT],
            "country": self.where.values.get(COUNTRY, ""),
            "network": self.where.values.get(NETWORK, ""),
            "listed": self.listed,
            "anonymiser": self.where.anonymiser,
            "hosting": self.where.hosting,
            "tool": is_tool(self.agent) and not self.signed_by,
            **({} if self.signed_by is None else {"signed_agent": self.signed_by}),
            "hour": self.at // HOUR % 24,
            **counted,
        }


def is_tool(agent: str) -> bool:
    """Tell whether what called itself *agent* says that it is no person's browser, or says nothing."""
    return not agent or any(mark in agent.lower() for mark in _MARKS)
