"""The formats, one row each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from limen.access.imports.records import UNREAD, Arrival, Refused
from limen.integration.imports import auth0, firebase, jsonl, keycloak, tabular
from limen.integration.imports.elements import Element, elements
from limen.integration.imports.firebase import HashParameters
from limen.integration.imports.lines import Raw, lines
from limen.integration.imports.picking import Members, Unfit, decoded

Row = Arrival | Refused
Make = Callable[[Members, int, int], Arrival]
Quick = Callable[[bytes, int, int], Arrival | None]
Rows = Callable[[BinaryIO, HashParameters], Iterator[Row]]
_HEAD: Final = 256


@dataclass(frozen=True, slots=True)
class Format:
    """A row: what it is called, where it comes from, and what reads it."""

    name: str
    source: str
    rows: Rows


def _each(raws: Iterator[Raw], make: Make, quick: Quick | None = None) -> Iterator[Row]:
    for number, (line, raw) in enumerate(raws, 1):
        found = quick(raw, number, line) if quick is not None and raw is not None else None
        yield found or _made(raw, make, number, line)


def _document(found: Iterator[Element], make: Make) -> Iterator[Row]:
    for number, (line, raw) in enumerate(found, 1):
        if isinstance(raw, int):
            yield Refused(number, line, f"{raw} bytes", UNREAD)
        else:
            yield _made(raw, make, number, line)


def _made(raw: bytes | None, make: Make, number: int, line: int) -> Row:
    if raw is None:
        return Refused(number, line, "", "row.too_long")
    try:
        return make(decoded(raw), number, line)
    except Unfit as unfit:
        return Refused(number, line, unfit.field[:64], unfit.code)


def _users(made: Callable[[HashParameters], Make], mark: str) -> Rows:
    """Return what reads the ``users`` of a document; all have the member *mark*, and nothing that is nested in them."""
    return lambda file, project: _document(elements(file, b"users", frozenset({mark})), made(project))


def _elements_or_lines(make: Make) -> Rows:
    """Return what reads an array of objects, or an object on each line, whichever *file* begins with."""

    def rows(file: BinaryIO, project: HashParameters) -> Iterator[Row]:
        is_array = file.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        file.seek(0)
        return _document(elements(file, b""), make) if is_array else _lines(make)(file, project)

    return rows


def _lines(make: Make, quick: Quick | None = None) -> Rows:
    def rows(file: BinaryIO, _: HashParameters) -> Iterator[Row]:
        return _each(((line, raw) for line, raw in lines(file) if raw is None or raw.strip()), make, quick)

    return rows


FORMATS: Final[Mapping[str, Format]] = {
    one.name: one
    for one in (
        Format("jsonl", "Limen's own, a JSON object on each line", _lines(jsonl.arrival, jsonl.plain)),
        Format("csv", "Limen's own columns", lambda file, _: tabular.rows(file, tabular.own, "email")),
        Format("keycloak", "a Keycloak realm's export", _users(lambda _: keycloak.arrival, "username")),
        Format("auth0", "Auth0, a JSON object on each line or an array of them", _elements_or_lines(auth0.arrival)),
        Format(
            "cognito", "an Amazon Cognito user pool, CSV", lambda file, _: tabular.rows(file, tabular.cognito, "email")
        ),
        Format("firebase", "Firebase, auth:export", _users(firebase.arrivals, "localId")),
    )
}
