"""Files that verify off line, an audit log's or a consent ledger's: lines of canonical JSON, and keys that sign them.

What is common to reading one: each line is the one that its content makes, the header names the keys, and the first
thing that is wrong is named by its place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from limen.identity.audit.verify import Broken
from limen.kernel.encoding import canonical_json, from_b64url

IsSigned = Callable[[bytes, bytes], bool]
"""(signature, data): whether one key made it."""
KeyReader = Callable[[Mapping[str, Any]], IsSigned | None]
"""What a key (``kid``, ``alg``, ``jwk``) verifies; None where it is no key of its name, or not the expected one."""
Numbered = tuple[int, dict[str, Any]]
"""A line's number, from 1, and what it says."""


class Fault(Exception):
    """The first thing that is wrong with a file."""

    def __init__(self, where: str, what: str) -> None:
        """Say *where* it is and *what*."""
        super().__init__(what)
        self.broken = Broken(where, what)


class Keys:
    """The keys that a file's header names."""

    def __init__(self) -> None:
        """Begin with none."""
        self._keys: dict[str, IsSigned] = {}

    def add(self, named: Any, read_key: KeyReader) -> bool:
        """Take in a key; tell whether it is one."""
        is_signed = read_key(named) if isinstance(named, dict) else None
        if is_signed is not None:
            self._keys[named["kid"]] = is_signed
        return is_signed is not None

    def signed(self, kid: str, signature: str, data: bytes) -> bool:
        """Tell whether the key *kid* signed *data*."""
        try:
            is_signed = self._keys.get(kid)
            return is_signed is not None and is_signed(from_b64url(signature), data)
        except (ValueError, AttributeError, TypeError):  # what a file says of both may be anything
            return False


def line(fields: Mapping[str, Any]) -> bytes:
    """Return the line of *fields*."""
    return canonical_json(fields) + b"\n"


def numbered(lines: Iterable[bytes], hint: Callable[[Any], str]) -> Iterator[Numbered]:
    """Yield what each line says, with its number.

    Raises:
        Fault: one is not the line that its content makes; *hint* says what it seems to be.
    """
    for number, raw in enumerate(lines, 1):
        try:
            fields: Any = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            fields = None
        if not isinstance(fields, dict) or line(fields) != raw:
            raise Fault(f"line {number}", hint(fields))
        yield number, fields
