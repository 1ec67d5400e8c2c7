"""Asking DNS whether a domain takes mail (RFC 5321 §5.1, RFC 7505), by resolvers of the machine or by named ones."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from limen.kernel.errors import Misconfigured

if TYPE_CHECKING:  # half a megabyte that only sign-ups need
    from dns.asyncresolver import Resolver
    from dns.resolver import Answer

SYSTEM: Final = "system"
_SECONDS: Final = 1.5


class DnsMailDomains:
    """A :class:`limen.trust.fraud.mail_domains.Resolver` that speaks DNS."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        """Ask *servers*, by their addresses; those of ``/etc/resolv.conf`` where none is named.

        Raises:
            Misconfigured: one of them is no address.
        """
        import dns.asyncresolver  # noqa: PLC0415
        import dns.exception  # noqa: PLC0415

        try:
            self._resolver: Resolver | None = dns.asyncresolver.Resolver(configure=not servers)
            if servers:
                self._resolver.nameservers = list(servers)
                self._resolver.port = port
        except dns.exception.DNSException:  # no /etc/resolv.conf: a machine without DNS
            self._resolver = None
        except ValueError as error:
            raise Misconfigured("threats.resolver is no address of a server", "system, or 192.0.2.53") from error

    async def takes_mail(self, domain: str) -> bool | None:
        """Tell whether *domain* takes mail; None where that cannot be found out."""
        import dns.exception  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        try:
            servers = await self._asked(domain, "MX")
            if servers is None:
                return None
            if servers:
                return any(str(one.exchange) != "." for one in servers)
            for kind in ("A", "AAAA"):
                found = await self._asked(domain, kind)
                if found is None:
                    return None
                if found:
                    return True
        except dns.resolver.NXDOMAIN:
            return False
        except (dns.exception.DNSException, OSError):
            return None
        return False

    async def answers(self) -> bool:
        """Tell whether the resolver answers: who serves the root is known to every one."""
        import dns.exception  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        try:
            return await self._asked("", "NS") is not None
        except dns.resolver.NXDOMAIN:
            return True
        except (dns.exception.DNSException, OSError):
            return False

    async def _asked(self, domain: str, kind: str) -> "Answer | tuple[()] | None":
        """Return the records; none where there are none of that kind, None where there is nobody to ask."""
        import dns.resolver  # noqa: PLC0415

        if self._resolver is None:
            return None
        try:
            return await self._resolver.resolve(f"{domain}.", kind, lifetime=_SECONDS)
        except dns.resolver.NoAnswer:
            return ()
