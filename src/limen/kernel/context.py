"""What is known of an inbound request, handed down explicitly and never global."""

import msgspec


class RequestContext(msgspec.Struct, frozen=True):
    """Where a request came from.

    ``locale`` is the language that we answer in, of those that we speak; ``languages`` are the tags that the reader
    wants, most wanted first, whether or not we speak them: for words that somebody else wrote.
    ``gpc`` tells whether the browser asks not to sell or share (Global Privacy Control) and the tenant honours that.
    ``signed_by`` is the agent that signed it, by the operator's name for it (``trust.bots.agents``); empty for none.
    ``address`` and ``user_agent`` are personal data: they are sealed before they are stored and never logged.
    """

    request_id: str
    address: str = ""
    user_agent: str = ""
    locale: str = "en"
    gpc: bool = False
    signed_by: str = ""
    languages: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the languages to choose somebody else's words by, the most wanted first."""
        return (*self.languages, self.locale)

    @property
    def personal(self) -> dict[str, str]:
        """Return what an audit record keeps of it under its subject's key."""
        return {"address": self.address, "user_agent": self.user_agent}
