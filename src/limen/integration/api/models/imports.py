"""Imports: customers of another system, some hundreds at a time."""

from typing import Annotated, Any

from pydantic import Field

from limen.access.imports.records import Import, Refused
from limen.integration.api.models.common import Moment, Sent, Shown, moment

MOST_ROWS = 500


class ImportNew(Sent):
    """Customers to be brought in, each as a line of `limen import`'s own format is."""

    customers: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            max_length=MOST_ROWS,
            description="Members: `email` (required), `email_verified`, `name`, `given_name`, `family_name`, `locale`,"
            " `zoneinfo`, `middle_name`, `nickname`, `profile`, `picture`, `website`, `gender`, `birthdate`, `address`"
            " (`formatted`, `street_address`, `locality`, `region`, `postal_code`, `country`), `username`, `emails`,"
            " `phones` (lists of proven ones), `identities` (`issuer`, `subject`, `label`), `attributes`,"
            " `external_id`, `password_hash`, `totp`, `disabled`, `created_at`.",
            examples=[[{"email": "ann@example.com", "email_verified": True, "external_id": "7"}]],
        ),
    ]


class ImportShown(Shown):
    """An import and how far it has come."""

    id: str
    format: str
    state: str = Field(description="`running`, also where it was stopped; or `finished`.")
    rows: int = Field(description="Rows that are done with.")
    created: int
    present: int = Field(description="Rows whose customer was there already; nothing of theirs was changed.")
    refused: int
    left_out: dict[str, int] = Field(description="Members that are not carried over, and in how many rows.")
    file: str = Field(description="SHA-256 of what was brought in, in hexadecimal.")
    started_at: Moment
    updated_at: Moment
    finished_at: Moment | None = None


class ImportPage(Shown):
    """A page of imports, oldest first."""

    items: list[ImportShown]
    next: str | None = Field(description="The next page, or null at the end.")


class RefusalShown(Shown):
    """What is wrong with a row; it repeats no value."""

    row: int
    line: int
    field: str
    code: str


class RefusalPage(Shown):
    """A page of refused rows, in the order of the file."""

    items: list[RefusalShown]
    next: str | None = Field(description="The next page, or null at the end.")


def shown(one: Import) -> ImportShown:
    """Return an import as it is shown."""
    return ImportShown(
        id=one.id,
        format=one.format,
        state=one.state.value,
        rows=one.position,
        created=one.created,
        present=one.present,
        refused=one.refused,
        left_out=dict(one.left_out),
        file=one.digest,
        started_at=moment(one.started_at),
        updated_at=moment(one.updated_at),
        finished_at=moment(one.finished_at) if one.finished_at is not None else None,
    )


def shown_refusal(one: Refused) -> RefusalShown:
    """Return a refused row as it is shown."""
    return RefusalShown(row=one.row, line=one.line, field=one.field, code=one.code)
