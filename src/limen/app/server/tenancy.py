"""The shape of a tenant's path: ``/t/{slug}`` in front, or nothing for the default tenant."""

import re
from collections.abc import Callable
from typing import Final

_PREFIXED: Final = re.compile(r"(/t/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(/.*)?", re.DOTALL)


class PathTenants:
    """A :class:`~limen.app.server.TenantRouter` by path; *knows* says whether a prefix belongs to a tenant of ours."""

    __slots__ = ("_knows",)

    def __init__(self, knows: Callable[[str], bool]) -> None:
        """Ask *knows*, which answers from memory."""
        self._knows = knows

    def resolve(self, path: str) -> tuple[str, str] | None:
        """Return (prefix, rest) of *path*; None if it names a tenant that is not ours."""
        if not path.startswith("/t/"):
            return "", path
        match = _PREFIXED.fullmatch(path)
        if match is None or not self._knows(match[1]):
            return None
        return match[1], match[2] or "/"
