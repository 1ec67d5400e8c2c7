"""Initial access tokens (RFC 7591 §1.2)."""

from typing import Annotated

from pydantic import Field

from limen.access.clients.dynamic.initial import HOURS, LONGEST_LABEL, USES
from limen.access.clients.dynamic.records import InitialToken, MadeToken
from limen.integration.api.models.common import Int, Moment, Sent, Shown, Str, moment


class InitialTokenNew(Sent):
    """A token to be made: for whom, for how long, and for how many registrations."""

    label: Annotated[Str, Field(min_length=1, max_length=LONGEST_LABEL)]
    hours: Annotated[Int, Field(ge=HOURS[0], le=HOURS[1])] = 24
    uses: Annotated[Int, Field(ge=USES[0], le=USES[1])] = 1


class InitialTokenShown(Shown):
    """A token, without its text."""

    id: str
    label: str
    uses_left: int
    created_at: Moment
    expires_at: Moment


class InitialTokenMade(InitialTokenShown):
    """A token with its text: this is the one time it is shown."""

    token: str


class InitialTokenPage(Shown):
    """A page of tokens, oldest first."""

    items: list[InitialTokenShown]
    next: str | None = Field(description="The next page, or null at the end.")


def shown(token: InitialToken) -> InitialTokenShown:
    """Return *token* as it is shown."""
    return InitialTokenShown(
        id=token.id,
        label=token.label,
        uses_left=token.uses_left,
        created_at=moment(token.created_at),
        expires_at=moment(token.expires_at),
    )


def made(one: MadeToken) -> InitialTokenMade:
    """Return a token with its text."""
    return InitialTokenMade(**dict(shown(one.token)), token=one.text.reveal())
