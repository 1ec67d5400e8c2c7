"""Style and script, served from memory under content-hashed names.

A name never changes its bytes, so that a browser may keep it for good; a new release has new names. Style is sent
without its remarks and its indentation: they are for whoever writes it, and every first visit would pay for them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from limen.kernel.encoding import sha256

_STATIC = Path(__file__).resolve().parent.parent / "static"

_BUNDLES = {
    "limen.css": tuple(
        f"css/{part}.css"
        for part in ("tokens", "base", "layout", "forms", "components", "account", "security", "print")
    ),
    "limen.js": ("limen.js",),
    "passkeys.js": ("limen.js", "passkeys.js"),
    "limen-manner.js": ("limen.js", "manner.js"),
    "passkeys-manner.js": ("limen.js", "passkeys.js", "manner.js"),
    "proof.js": ("proof.js",),
    "proof-worker.js": ("proof-worker.js",),
}
"""What a browser fetches, and the files it is joined from, in order."""

_REMARK = re.compile(rb"/\*.*?\*/", re.DOTALL)
_BREAK = re.compile(rb"\s*\n\s*")

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served.

    Attributes:
        name: its public file name, ``limen.<12 hex digits>.css``.
        body: its bytes.
        content_type: its media type.
    """

    name: str
    body: bytes
    content_type: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The response headers; ``immutable`` (RFC 8246) because the name holds the hash."""
        return (
            ("content-type", self.content_type),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
        )


class StaticAssets:
    """The few files that every page shares. ``icon`` is a ``data:`` URL: so short a file is worth no request."""

    def __init__(self, root: Path = _STATIC) -> None:
        """Read and join the files below *root* once."""
        self._assets = {name: _bundle(root, name, parts) for name, parts in _BUNDLES.items()}
        self.icon = "data:image/svg+xml," + quote((root / "icon.svg").read_text(encoding="utf-8").strip())
        self._served = {asset.name: asset for asset in self._assets.values()}

    def url(self, name: str, prefix: str = "") -> str:
        """Return the URL path of *name* (``limen.css``) below the tenant's path *prefix*.

        Raises:
            KeyError: there is no such asset.
        """
        return f"{prefix}/static/{self._assets[name].name}"

    def get(self, served_name: str) -> Asset | None:
        """Return the asset served as *served_name* (the last segment of its URL), or None."""
        return self._served.get(served_name)

    def __iter__(self) -> Iterator[Asset]:
        """Yield every asset."""
        return iter(self._assets.values())


def _bundle(root: Path, name: str, parts: tuple[str, ...]) -> Asset:
    body = b"\n".join((root / part).read_bytes().strip() for part in parts) + b"\n"
    stem, _, extension = name.rpartition(".")
    if extension == "css":
        body = _BREAK.sub(b"\n", _REMARK.sub(b"", body)).lstrip()
    return Asset(f"{stem}.{sha256(body).hex()[:12]}.{extension}", body, _TYPES[extension])
