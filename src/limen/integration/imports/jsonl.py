"""Limen's own format: one JSON object on each line, as ``limen customers export`` writes it."""

from typing import Annotated, Any, Final

import msgspec

from limen.access.imports.records import Arrival
from limen.identity.customers.records import Address, Profile
from limen.integration.imports.naming import address_in, claims, contacts, own_identities
from limen.integration.imports.picking import LONGEST_TEXT, Members, Unfit, app, named
from limen.kernel.clock import SECOND

_Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]


class _Address(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    formatted: _Text = ""
    street_address: _Text = ""
    locality: _Text = ""
    region: _Text = ""
    postal_code: _Text = ""
    country: _Text = ""


class _Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line as nearly all are: some of these members, each of its type, and no other."""

    email: _Text = ""
    email_verified: bool = False
    name: _Text = ""
    given_name: _Text = ""
    family_name: _Text = ""
    locale: _Text = ""
    zoneinfo: _Text = ""
    attributes: dict[str, Any] = {}
    username: _Text = ""
    external_id: _Text = ""
    password_hash: _Text = ""
    disabled: bool = False
    created_at: _Milliseconds = 0
    middle_name: _Text = ""
    nickname: _Text = ""
    profile: _Text = ""
    picture: _Text = ""
    website: _Text = ""
    gender: _Text = ""
    birthdate: _Text = ""
    address: _Address | None = None


_plain = msgspec.json.Decoder(_Plain)
_NOWHERE: Final = _Address()


def plain(raw: bytes, row: int, line: int) -> Arrival | None:
    """Return the customer that a plain line is, in a third of the time; None where it has to be looked at closely."""
    try:
        one = _plain.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return Arrival(
        row,
        line,
        Profile(
            email=one.email,
            email_verified=one.email_verified,
            name=one.name,
            given_name=one.given_name,
            family_name=one.family_name,
            locale=one.locale,
            zoneinfo=one.zoneinfo,
            attributes=one.attributes,
            username=one.username,
            middle_name=one.middle_name,
            nickname=one.nickname,
            profile=one.profile,
            picture=one.picture,
            website=one.website,
            gender=one.gender,
            birthdate=one.birthdate,
            address=_lived(one.address),
        ),
        external_id=one.external_id,
        password_hash=one.password_hash,
        is_disabled=one.disabled,
        created_at=one.created_at * (SECOND // 1000),
    )


def _lived(address: _Address | None) -> Address | None:
    return Address(**msgspec.structs.asdict(address)) if address is not None and address != _NOWHERE else None


def arrival(members: Members, row: int, line: int) -> Arrival:
    """Return the customer that a line is.

    Raises:
        Unfit: a member is of the wrong type.
    """
    attributes: Any = members.value("attributes") or {}
    if not isinstance(attributes, dict):
        raise Unfit("attributes", "type.wrong")
    apps = [
        named(app("totp", one.text("secret"), one.text("algorithm") or "SHA1", _shape(one)), one.text("name"))
        for one in members.objects("totp")
    ]
    address, more = address_in(members)
    return Arrival(
        row,
        line,
        Profile(
            email=members.text("email"),
            email_verified=members.flag("email_verified"),
            name=members.text("name"),
            given_name=members.text("given_name"),
            family_name=members.text("family_name"),
            locale=members.text("locale"),
            zoneinfo=members.text("zoneinfo"),
            attributes=attributes,
            username=members.text("username"),
            emails=contacts(members, "emails"),
            phones=contacts(members, "phones"),
            identities=own_identities(members),
            **claims(members.text, address),
        ),
        external_id=members.text("external_id"),
        password_hash=members.text("password_hash"),
        apps=tuple(apps),
        is_disabled=members.flag("disabled"),
        created_at=members.moment("created_at"),
        left_out=(*members.left(), *more),
    )


def _shape(one: Members) -> tuple[int, int]:
    return one.number("digits", 6), one.number("period", 30)
