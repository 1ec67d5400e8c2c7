"""A tenant's profile schema and its questions, and how far a customer has been asked."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec

from limen.kernel.clock import Instant

MOST_ATTRIBUTES: Final = 50
MOST_QUESTIONS: Final = 20
MOST_FIELDS: Final = 10
STANDARD: Final = ("name", "given_name", "family_name")
"""What a question may ask for of the standard claims (OpenID Connect Core §5.1); others have places of their own."""

Name = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": 60})]


class Annotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the keyword ``limen`` says in the schema of an attribute.

    Attributes:
        title: what the attribute is called, by language; ``en`` serves those that have none.
        customer: what its owner may do with it. Administrators read and write all of them; clients read what claim
            rules release.
    """

    title: dict[str, str] = {}
    customer: Literal["write", "read", "nothing"] = "write"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for behind a sign-in, of whoever has not said it (progressive profiling).

    Attributes:
        fields: standard claims and attributes, all asked on one page.
        required: whether the sign-in waits for it; else it can be skipped.
        after_sign_ins: how many sign-ins come first.
        clients: on the way to which clients, by ``client_id``; empty for any, and for the account page.
    """

    fields: Annotated[tuple[Name, ...], msgspec.Meta(extra_json_schema={"minItems": 1, "maxItems": MOST_FIELDS})]
    required: bool = False
    after_sign_ins: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 1_000})] = 0
    clients: Annotated[tuple[str, ...], msgspec.Meta(extra_json_schema={"maxItems": 50})] = ()


class ProfileSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a tenant keeps of its customers.

    Attributes:
        attributes: the schema of each attribute beyond the standard claims, by name (JSON Schema 2020-12, the keyword
            ``properties``).
        questions: when they are asked for, the first that applies first.
        ask_again_days: how long whoever skipped a question is left alone.
    """

    attributes: dict[str, Any] = {}
    questions: Annotated[tuple[Question, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_QUESTIONS})] = ()
    ask_again_days: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": 366})] = 30


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a customer has been asked: sign-ins that were counted, and when a question was last skipped (or 0)."""

    sign_ins: int = 0
    skipped_at: Instant = 0
