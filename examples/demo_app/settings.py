"""What the shop must be told, by environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


class NotConfigured(Exception):
    """A setting is missing or makes no sense."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the provider is, who we are to it, and where we are ourselves.

    Attributes:
        issuer: ``DEMO_ISSUER``: the provider's issuer, exactly as in its ID tokens.
        client_id: ``DEMO_CLIENT_ID``.
        client_secret: ``DEMO_CLIENT_SECRET``; empty for a public client.
        base_url: ``DEMO_BASE_URL``: our own address, without a slash at the end.
        host: ``DEMO_HOST``: the address to listen on.
        prompt: ``DEMO_PROMPT``: sent as ``prompt``; some providers want ``consent`` beside ``offline_access``.
        parent: ``DEMO_PARENT_PID``: stop when this process is no longer our parent; 0: whoever started us.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    base_url: str = "http://localhost:8010"
    host: str = "127.0.0.1"
    prompt: str = ""
    parent: int = 0

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the code: to be registered with it."""
        return f"{self.base_url}/callback"

    @property
    def post_logout_redirect_uri(self) -> str:
        """Where the provider sends people after signing out: to be registered with it."""
        return f"{self.base_url}/signed-out"

    @property
    def port(self) -> int:
        """The port to listen on."""
        parts = urlsplit(self.base_url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS."""
        return self.base_url.startswith("https://")

    @property
    def issuer_origin(self) -> str:
        """Scheme, host and port of the issuer."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        NotConfigured: one is missing or is no URL.
    """
    given = os.environ if environment is None else environment
    for name in ("DEMO_ISSUER", "DEMO_CLIENT_ID"):
        if not given.get(name):
            raise NotConfigured(f"{name} is not set: say which provider to use, and who this shop is to it")
    base_url = given.get("DEMO_BASE_URL", "http://localhost:8010").rstrip("/")
    for name, url in (("DEMO_ISSUER", given["DEMO_ISSUER"]), ("DEMO_BASE_URL", base_url)):
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise NotConfigured(f"{name} is not a URL: {url}")
    return Settings(
        issuer=given["DEMO_ISSUER"],
        client_id=given["DEMO_CLIENT_ID"],
        client_secret=given.get("DEMO_CLIENT_SECRET", ""),
        base_url=base_url,
        host=given.get("DEMO_HOST", "127.0.0.1"),
        prompt=given.get("DEMO_PROMPT", ""),
        parent=int(given.get("DEMO_PARENT_PID", "0") or "0"),
    )
