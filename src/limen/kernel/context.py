"""What is known of an inbound request, handed down explicitly and never global."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Where a request came from.

    ``address`` and ``user_agent`` are personal data: they are sealed before they are stored and never logged.
    """

    request_id: str
    address: str = ""
    user_agent: str = ""
    locale: str = "en"
