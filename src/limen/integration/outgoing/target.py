"""Taking an address apart, once: what is checked is what is asked."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from limen.access.clients.redirect_uris import check_fetchable
from limen.kernel.errors import Invalid

FORBIDDEN = "outgoing_forbidden"
_HTTPS = 443
_LEAST_OTHER_PORT = 1_024
"""Below it are mail, shells and databases' elders, which must not be spoken to in HTTP."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: scheme, host as the certificate names it, port, and path with query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return the ``Host`` header (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _HTTPS if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


def target_of(url: str, *, allow_http: bool) -> Target | Invalid:
    """Return where *url* leads; http only where *allow_http* says so, and then to loopback alone."""
    problem = check_fetchable(url)
    if problem is not None:
        return Invalid(FORBIDDEN, problem)
    parts = urlsplit(url)
    if parts.scheme != "https" and not allow_http:
        return Invalid(FORBIDDEN, "not https")
    port = parts.port or (_HTTPS if parts.scheme == "https" else 80)
    if port != _HTTPS and port < _LEAST_OTHER_PORT and parts.scheme == "https":
        return Invalid(FORBIDDEN, "port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname or "", port, path)
