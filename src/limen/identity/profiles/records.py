"""A tenant's profile schema and its questions, and how far a customer has been asked."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId

MOST_ATTRIBUTES: Final = 50
MOST_QUESTIONS: Final = 20
MOST_FIELDS: Final = 10
STANDARD: Final = ("name", "given_name", "family_name")
"""Names (OpenID Connect Core §5.1), which every account page has; other claims are in :mod:`claims`, or elsewhere."""
SEARCHABLE: Final = ("email", *STANDARD)
"""What of the standard claims can be made searchable; whoever knows a whole address finds its customer anyway."""
MOST_SEARCHABLE: Final = 10

Name = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": 60})]


Access = Literal["write", "read", "nothing"]
Who = Literal["customer", "administrator"] | frozenset[str]
"""Who reads or writes: the owner, an administrator, or an application by the scopes that its customer granted."""
Searchable = Literal["nothing", "exact", "prefix"]


class ClaimAnnotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant says of a standard claim.

    Attributes:
        searchable: what administrators find customers by: the whole value, or also how it begins. What keyed tokens
            tell whoever reads the database is in the guide.
        customer: what its owner may do with it; a name they always see.
        administrator: what the tenant's administrators may do with it.
        scope: clients read it who were granted this one; empty for that of OpenID Connect Core §5.4.
        write_scope: clients write it who were granted this one; empty for none.
        purpose: as for an attribute.
        retention_days: how long it is kept after it was last said; None for as long as its customer.
        while_allowed: the purpose that it is kept for, as of an attribute.

    What can be said of which claim is in :mod:`~limen.identity.profiles.claims`.
    """

    searchable: Searchable = "nothing"
    customer: Access = "write"
    administrator: Access = "write"
    scope: str = ""
    write_scope: str = ""
    purpose: str = ""
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=36_600)] | None = None
    while_allowed: Annotated[str, msgspec.Meta(max_length=60)] = ""


class Annotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the keyword ``limen`` says in the schema of an attribute.

    Attributes:
        title: what the attribute is called, by language; ``en`` serves those that have none.
        customer: what its owner may do with it.
        administrator: what the tenant's administrators may do with it.
        scope: clients that were granted it read the attribute at userinfo and in the ID token; empty for none. Claim
            rules can release it elsewhere, or by another name.
        write_scope: clients that were granted it write the attribute through the account API, whatever its owner may
            do with it; empty for none.
        purpose: what it is kept for, in a word; or the name of a purpose that customers know, whose title says it in
            their language. Empty where ``while_allowed`` says it.
        retention_days: how long a value is kept after it was last said; None for as long as its customer.
        while_allowed: the name of a purpose that customers decide on; a value goes when it is allowed no more: it was
            refused or withdrawn, its consent ran out, or the purpose was retired. Empty for no such rule.
        searchable: as for a claim; for texts and whole numbers.
        was: what the attribute was called in earlier schemas; values under these names are its own.
        sealed: that it is sealed, which all are: nothing else can be said.
    """

    title: dict[str, str] = {}
    customer: Access = "write"
    administrator: Access = "write"
    scope: str = ""
    write_scope: str = ""
    purpose: str = ""
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=36_600)] | None = None
    while_allowed: Annotated[str, msgspec.Meta(max_length=60)] = ""
    searchable: Searchable = "nothing"
    was: Annotated[tuple[str, ...], msgspec.Meta(max_length=5)] = ()
    sealed: bool = True


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
        claims: what is to be said of standard claims, by name. One of the rarer ones is asked for on the account page
            because it is named here.
        questions: when they are asked for, the first that applies first.
        ask_again_days: how long whoever skipped a question is left alone.
    """

    attributes: dict[str, Any] = {}
    claims: dict[str, ClaimAnnotation] = {}
    questions: Annotated[tuple[Question, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_QUESTIONS})] = ()
    ask_again_days: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": 366})] = 30


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a customer has been asked: sign-ins that were counted, and when a question was last skipped (or 0)."""

    sign_ins: int = 0
    skipped_at: Instant = 0


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """One version of a tenant's attributes, and how far the customers were brought up to it.

    Attributes:
        digest: SHA-256 of the canonical JSON of ``attributes``.
        walked_to: the last customer that was looked at; the job goes on behind.
        walked: how many were, of about ``customers``.
        done_at: when all of them were, the last time.
    """

    number: int
    digest: bytes
    attributes: dict[str, Any]
    created_at: Instant
    customers: int = 0
    walked: int = 0
    walked_to: str = ""
    done_at: Instant | None = None

    def walked_on(self, to: str, count: int, done_at: Instant | None) -> "SchemaVersion":
        """Return the version one page further."""
        return replace(self, walked_to=to, walked=self.walked + count, done_at=done_at)

    def again(self, customers: int) -> "SchemaVersion":
        """Return the version before the first page."""
        return replace(self, walked_to="", walked=0, customers=customers, done_at=None)


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that a schema does not allow, kept as it is: which, and a message key of what is wrong."""

    customer_id: CustomerId
    attribute: str
    code: str
    number: int
