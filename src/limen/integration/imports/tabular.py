"""Tables of commas: Limen's own columns, and those of an Amazon Cognito user pool.

A user pool gives no hashes away: its customers set a password by recovery, or are asked for at their first sign-in by
the migration hook.
"""

import csv
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from limen.access.imports.records import Arrival, Refused
from limen.identity.customers.records import Identity, Profile
from limen.integration.imports.lines import Raw, lines
from limen.integration.imports.naming import address_of, claims, identity, proven, written_address
from limen.integration.imports.picking import Members, Unfit, app, decoded

MOST_COLUMNS: Final = 200
Make = Callable[[Members, int, int], Arrival]
_COGNITO: Final = frozenset(("cognito:mfa_enabled", "updated_at"))


def rows(file: BinaryIO, make: Make, needed: str) -> Iterator[Arrival | Refused]:
    """Yield what *make* makes of each record; the first names the columns, *needed* among them."""
    texts = _Texts(lines(file))
    table = csv.reader(texts, strict=True)
    first = _next(table)
    header = [name.removeprefix("\ufeff").strip() for name in first] if isinstance(first, list) else []
    if needed not in header or len(header) > MOST_COLUMNS or len(set(header)) < len(header):
        yield Refused(1, 1, "", "header.invalid")
        return
    number = 0
    while True:
        texts.begin = texts.number + 1
        record = _next(table)
        if record is None:
            return
        if record == [] and not texts.is_long:
            continue
        number += 1
        try:
            yield make(_members(header, record, texts), number, texts.begin)
        except Unfit as unfit:
            yield Refused(number, texts.begin, unfit.field[:64], unfit.code)


class _Texts:
    """Lines as text; what is no UTF-8 keeps its bytes as lone surrogates, which no value may hold."""

    def __init__(self, raw: Iterator[Raw]) -> None:
        self._raw = raw
        self.number = 0
        self.begin = 1
        self.is_long = False

    def __iter__(self) -> Iterator[str]:
        for number, line in self._raw:
            self.number = number
            self.is_long = self.is_long or line is None
            yield (line or b"").decode(errors="surrogateescape") + "\n"


def _next(table: Any) -> Any:
    """Return the next record, why it is none, or None at the end."""
    try:
        return next(table, None)
    except csv.Error:
        return "csv.invalid"


def _members(header: list[str], record: list[str] | str, texts: _Texts) -> Members:
    is_long, texts.is_long = texts.is_long, False
    if is_long:
        raise Unfit("", "row.too_long")
    if isinstance(record, str):
        raise Unfit("", record)
    if len(record) != len(header):
        raise Unfit("", "columns.wrong")
    for name, value in zip(header, record, strict=True):
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Unfit(name, "encoding.broken")
    return Members({name: value for name, value in zip(header, record, strict=True) if value != ""})


def own(members: Members, row: int, line: int) -> Arrival:
    """Return the customer that a record of Limen's columns is; a column of another name is an attribute.

    Raises:
        Unfit: a value will not do.
    """
    secret = members.text("totp_secret")
    profile = Profile(
        email=members.text("email"),
        email_verified=members.flag("email_verified"),
        name=members.text("name"),
        given_name=members.text("given_name"),
        family_name=members.text("family_name"),
        locale=members.text("locale"),
        zoneinfo=members.text("zoneinfo"),
        username=members.text("username"),
        **claims(members.text, address_of(lambda name: members.text(f"address.{name}"))),
    )
    external, password = members.text("external_id"), members.text("password_hash")
    is_disabled, created_at = members.flag("disabled"), members.moment("created_at")
    attributes = {name: members.value(name) for name in members.left()}
    return Arrival(
        row,
        line,
        _with(profile, attributes),
        external_id=external,
        password_hash=password,
        apps=(app("totp_secret", secret),) if secret else (),
        is_disabled=is_disabled,
        created_at=created_at,
    )


def cognito(members: Members, row: int, line: int) -> Arrival:
    """Return the customer that a record of a user pool is.

    ``custom:`` attributes lose that prefix, ``phone_number`` is ``phone``, ``preferred_username`` a user name. An
    ``address`` is a text there, of JSON or as it stands on a letter.

    Raises:
        Unfit: a value will not do.
    """
    given, family = members.text("given_name"), members.text("family_name")
    profile = Profile(
        email=members.text("email"),
        email_verified=members.flag("email_verified"),
        name=members.text("name") or " ".join(part for part in (given, family) if part),
        given_name=given,
        family_name=family,
        locale=members.text("locale").replace("_", "-"),
        zoneinfo=members.text("zoneinfo"),
        username=members.text("preferred_username"),
        **claims(members.text, written_address(members.text("address"))),
    )
    number, is_verified = members.text("phone_number"), members.flag("phone_number_verified")
    identities, left = _identities(members.text("identities"))
    profile = msgspec.structs.replace(
        profile, phones=proven(number, is_verified=is_verified), identities=tuple(identities)
    )
    external = members.text("sub") or members.text("cognito:username")
    members.value("cognito:username")
    attributes = {_own_name(name): members.value(name) for name in members.left(_COGNITO)}
    attributes |= {"phone": number} if number else {}
    return Arrival(row, line, _with(profile, attributes), external_id=external, left_out=left)


def _identities(text: str) -> tuple[list[Identity], tuple[str, ...]]:
    """Return who somebody is elsewhere, from the text of JSON that a user pool keeps, and what is not known here."""
    if not text:
        return [], ()
    listed = decoded(b'{"identities": ' + text.encode() + b"}").objects("identities")
    found = [(one.text("providerType"), identity(one.text("providerType"), one.text("userId"))) for one in listed]
    left = tuple(f"identities.{kind[:40]}" for kind, known in found if known is None)
    return [known for _, known in found if known is not None], left


def _own_name(name: str) -> str:
    """Return what an attribute of a user pool is called here."""
    return name.removeprefix("custom:")


def _with(profile: Profile, attributes: dict[str, Any]) -> Profile:
    return msgspec.structs.replace(profile, attributes=attributes)
