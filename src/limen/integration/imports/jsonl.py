"""Limen's own format: one JSON object on each line, as ``limen customers export`` writes it."""

from typing import Any

from limen.access.imports.records import Arrival
from limen.identity.customers.records import Profile
from limen.integration.imports.naming import contacts, own_identities
from limen.integration.imports.picking import Members, Unfit, app, named


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
