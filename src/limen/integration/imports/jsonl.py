"""Limen's own format: one JSON object on each line, as ``limen customers export`` writes it."""

from typing import Annotated, Any

import msgspec

from limen.access.imports.records import Arrival
from limen.identity.customers.records import Profile
from limen.integration.imports.naming import contacts, own_identities
from limen.integration.imports.picking import LONGEST_TEXT, Members, Unfit, app, named
from limen.kernel.clock import SECOND

_Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]


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


_plain = msgspec.json.Decoder(_Plain)


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
        ),
        external_id=one.external_id,
        password_hash=one.password_hash,
        is_disabled=one.disabled,
        created_at=one.created_at * (SECOND // 1000),
    )


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
        ),
        external_id=members.text("external_id"),
        password_hash=members.text("password_hash"),
        apps=tuple(apps),
        is_disabled=members.flag("disabled"),
        created_at=members.moment("created_at"),
        left_out=members.left(),
    )


def _shape(one: Members) -> tuple[int, int]:
    return one.number("digits", 6), one.number("period", 30)
