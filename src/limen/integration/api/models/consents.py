"""Purposes, decisions, questions, and the ledger's proofs."""

from typing import Annotated, Any, Literal

from pydantic import Field

from limen.identity.consents.chain import Checkpoint
from limen.identity.consents.purposes import Basis, Channel, Kind, Purpose, Terms, Text, Version
from limen.identity.consents.question import Answer, Reason
from limen.identity.consents.records import ConsentRecord, Decision
from limen.identity.consents.witness import kept_fields
from limen.integration.api.models.common import Bool, Int, Moment, Sent, Shown, Str, moment

Name = Annotated[Str, Field(min_length=2, max_length=64, pattern="^[a-z][a-z0-9_-]*[a-z0-9]$", examples=["newsletter"])]
DataKind = Annotated[Str, Field(min_length=1, max_length=64, examples=["email"])]
CustomerRef = Annotated[Str, Field(pattern="^cus_[0-9a-hjkmnp-tv-z]{26}$")]
Locale = Annotated[Str, Field(max_length=40, examples=["de"])]


ClientRef = Annotated[Str, Field(min_length=1, max_length=255, examples=["shop"])]


class TextSent(Sent):
    """The words in one language: plain text; an empty line begins a paragraph."""

    title: Annotated[Str, Field(min_length=1, max_length=200)]
    body: Annotated[Str, Field(min_length=1, max_length=20_000)]


class TermsSent(Sent):
    """What one version says. It is never changed: publish the next one."""

    texts: dict[str, TextSent] = Field(
        description="Language (BCP 47) to words. Who reads none of them gets `en`, or else the first."
    )
    basis: Basis = Basis.CONSENT
    required: Bool = Field(default=False, description="Asked as a step before a sign-in arrives.")
    data: tuple[DataKind, ...] = Field(default=(), max_length=100, description="The kinds of data that it covers.")
    clients: tuple[ClientRef, ...] = Field(
        default=(), max_length=20, description="Applications that may use data for it, by `client_id`, beside yourself."
    )
    valid_days: Int = Field(default=0, ge=0, le=36_500, description="Days for which a consent counts; 0 for no end.")
    minimum_age: Int = Field(
        default=0,
        ge=0,
        le=120,
        description="Years that the customer must have reached, by their profile or else their word; 0 for none.",
    )
    asks_again: Bool = Field(default=True, description="Whether what was given to earlier versions stops to count.")

    def terms(self) -> Terms:
        """Return the terms as the use case takes them."""
        return Terms(
            texts={locale: Text(text.title, text.body) for locale, text in self.texts.items()},
            basis=self.basis,
            is_required=self.required,
            data=self.data,
            clients=self.clients,
            valid_days=self.valid_days,
            minimum_age=self.minimum_age,
            asks_again=self.asks_again,
        )


class PurposeNew(TermsSent):
    """A purpose with its first version. ``name``, ``kind``, ``channel`` and ``party`` never change."""

    name: Name
    kind: Kind
    channel: Channel = Field(default=Channel.NONE, description="For `marketing`: by which it reaches the customer.")
    party: Annotated[Str, Field(max_length=255)] = Field(
        default="", description="For `sharing`: the `client_id` of the application that receives."
    )


class TextShown(Shown):
    """The words in one language."""

    title: str
    body: str


class VersionShown(Shown):
    """One version of a purpose."""

    number: int
    texts: dict[str, TextShown]
    basis: Basis
    required: bool
    data: tuple[str, ...]
    clients: tuple[str, ...]
    valid_days: int
    minimum_age: int
    asks_again: bool
    published_at: Moment


class PurposeShown(VersionShown):
    """A purpose with its newest version; ``number`` is that version's."""

    id: str
    name: str
    kind: Kind
    channel: Channel
    party: str
    counts_from: int = Field(description="The oldest version whose decisions still count.")
    created_at: Moment
    retired_at: Moment | None


class PurposeList(Shown):
    """Every purpose of the tenant, oldest first; retired ones included."""

    items: list[PurposeShown]


class VersionList(Shown):
    """Every version of a purpose, oldest first."""

    items: list[VersionShown]


class DecisionSent(Sent):
    """What a customer decided, as you learnt it from them."""

    purpose: Name
    decision: Decision
    version: Annotated[Int, Field(ge=1, description="The version whose words the customer saw.")]
    locale: Locale = "en"
    confirmed_age: Annotated[Int, Field(ge=0, le=150)] = Field(
        default=0, description="What they say; a date of birth in their profile decides where it says enough."
    )


class RecordShown(Shown):
    """One decision in the ledger."""

    id: str
    customer_id: str
    purpose: str
    party: str
    items: tuple[str, ...]
    decision: Decision
    version: int
    text_hash: str = Field(description="SHA-256 of the words that were shown, hexadecimal.")
    locale: str
    method: str
    decided_at: Moment
    expires_at: Moment | None
    confirmed_age: int
    age_from: str = Field(description="`birthdate`: by the profile; `declared`: the customer said so; else empty.")


class RecordList(Shown):
    """A customer's newest decisions, up to 1,000, oldest first."""

    items: list[RecordShown]


class LinksSent(Sent):
    """For whom a message is to be sent, and for which purpose."""

    purpose: Annotated[Str, Field(min_length=1, max_length=64)]
    customers: list[CustomerRef] = Field(min_length=1, max_length=200)


class LinkShown(Shown):
    """What a message to one customer carries, and whether it may be sent at all."""

    customer_id: str
    allowed: bool = Field(description="Whether the purpose is allowed now; where it is not, do not send.")
    reason: Reason
    url: str = Field(description="For the foot of the message: shows a page, on which a button withdraws.")
    list_unsubscribe: str = Field(description="The header `List-Unsubscribe` (RFC 8058 §3.1). Cover it by DKIM.")
    list_unsubscribe_post: str = Field(description="The header `List-Unsubscribe-Post`.")


class LinksShown(Shown):
    """In the order of the customers."""

    links: list[LinkShown]


class QuestionSent(Sent):
    """May this client use this data of this customer for this purpose now?"""

    customer_id: CustomerRef
    purpose: Annotated[Str, Field(min_length=1, max_length=64)] = Field(
        description="One of yours, or `oauth`: what the customer allowed the application itself."
    )
    client_id: Annotated[Str, Field(max_length=255)] = Field(
        default="", description="Empty: you yourself. Another has to be among the purpose's `clients`, or its `party`."
    )
    data: Annotated[Str, Field(max_length=255)] = Field(
        default="", description="A kind of data, or of `oauth` a scope. Empty: whatever is covered."
    )


class QuestionsSent(Sent):
    """Several questions, answered in their order."""

    questions: Annotated[list[QuestionSent], Field(min_length=1, max_length=200)]


class AnswerShown(Shown):
    """Whether it is allowed, and why."""

    allowed: bool
    reason: str
    version: int
    record_id: str = Field(description="The decision that it rests on, or empty.")
    until: Moment | None = Field(description="When that decision ends, where it does.")


class AnswersShown(Shown):
    """The answers, in the order of the questions."""

    answers: list[AnswerShown]


class CheckpointShown(Shown):
    """A signed tree head of the consent ledger; bytes are hexadecimal, the signature base64url.

    It is the line that `limen ledger checkpoint` writes: `limen ledger verify --witness` takes it.
    """

    type: Literal["checkpoint"]
    tenant: str
    number: int
    at: int = Field(description="Microseconds since 1970, as it was signed.")
    size: int
    root: str
    head: str
    previous: str
    kid: str
    signature: str
    issuer: str
    public_key: dict[str, str] = Field(description="The key that signed it (JWK); its thumbprint is `kid`.")


class InclusionShown(Shown):
    """The proof that a record is in the ledger (RFC 9162 §2.1.3). `limen ledger verify` takes it as it is."""

    seq: int = Field(description="Its number, from 1.")
    open: str = Field(description="What of the record is hashed in the open, as it was hashed.")
    commitment: str = Field(description="The salted hash of its personal part, or empty.")
    leaf: str = Field(description="The leaf that both make.")
    path: list[str]
    checkpoint: CheckpointShown


class ConsistencyShown(Shown):
    """The proof that the ledger of the newest checkpoint begins with that of an earlier size (RFC 9162 §2.1.4).

    `limen ledger verify --witness` takes it as it is, and holds it to the earlier checkpoint that was kept.
    """

    size: int
    path: list[str]
    checkpoint: CheckpointShown


def shown_version(version: Version) -> VersionShown:
    """Return *version* as it is shown."""
    return VersionShown.model_validate(_said(version))


def shown_purpose(purpose: Purpose) -> PurposeShown:
    """Return *purpose* as it is shown."""
    return PurposeShown(
        **_said(purpose.current),
        id=purpose.id,
        name=purpose.name,
        kind=purpose.kind,
        channel=purpose.channel,
        party=purpose.party,
        counts_from=purpose.counts_from,
        created_at=moment(purpose.created_at),
        retired_at=moment(purpose.retired_at) if purpose.retired_at is not None else None,
    )


def _said(version: Version) -> dict[str, Any]:
    terms = version.terms
    return {
        "number": version.number,
        "texts": {locale: TextShown(title=text.title, body=text.body) for locale, text in terms.texts.items()},
        "basis": terms.basis,
        "required": terms.is_required,
        "data": terms.data,
        "clients": terms.clients,
        "valid_days": terms.valid_days,
        "minimum_age": terms.minimum_age,
        "asks_again": terms.asks_again,
        "published_at": moment(version.published_at),
    }


def shown_record(record: ConsentRecord) -> RecordShown:
    """Return *record* as it is shown."""
    made = record.decision
    return RecordShown(
        id=record.id,
        customer_id=made.customer_id,
        purpose=made.purpose,
        party=made.party,
        items=made.items,
        decision=made.decision,
        version=made.version,
        text_hash=made.text_hash.hex(),
        locale=made.locale,
        method=made.method,
        decided_at=moment(record.at),
        expires_at=moment(made.expires_at) if made.expires_at else None,
        confirmed_age=made.confirmed_age,
        age_from=made.age_from,
    )


def shown_answer(found: Answer) -> AnswerShown:
    """Return an answer as it is shown."""
    return AnswerShown(
        allowed=found.is_allowed,
        reason=found.reason.value,
        version=found.version,
        record_id=found.record_id,
        until=moment(found.until) if found.until else None,
    )


def shown_checkpoint(issuer: str, checkpoint: Checkpoint, public_key: dict[str, str]) -> CheckpointShown:
    """Return a checkpoint as a witness keeps it."""
    return CheckpointShown(**kept_fields(issuer, checkpoint, public_key))
