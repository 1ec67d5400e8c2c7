"""Purposes: what a tenant asks its customers for, in versions whose words never change.

::

    create ──> version 1 ──publish──> version 2 ──> …        every version is kept for good: decisions name it
       └── retire: asked no more, allowed no more; what was decided stays
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.encoding import framed, sha256
from limen.kernel.ids import PurposeId
from limen.kernel.languages import best


class Kind(StrEnum):
    """What a purpose is about. ``sharing`` names the client that receives; ``marketing`` its channel."""

    DATA_USE = "data_use"
    MARKETING = "marketing"
    TERMS = "terms"
    COOKIES = "cookies"
    SHARING = "sharing"


class Channel(StrEnum):
    """By which marketing reaches a customer."""

    NONE = ""
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"
    PUSH = "push"


class Basis(StrEnum):
    """What makes the processing lawful (GDPR Article 6 (1) a to f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"


OBJECTABLE = frozenset({Basis.PUBLIC_TASK, Basis.LEGITIMATE_INTERESTS})
"""Bases that need no decision, and end where the customer objects (GDPR Article 21 (1))."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a version in one language: plain text; an empty line begins a paragraph."""

    title: str
    body: str


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one version says; stored as one JSON document and never changed.

    Attributes:
        texts: language (BCP 47) to words; for whom there are none in their own, :meth:`text` chooses others.
        basis: the legal basis.
        is_required: whether it is asked as a step before a journey arrives.
        data: the kinds of data it covers; empty for a purpose that is about none (terms).
        clients: the ``client_id`` of each application that may use data for it, beside the tenant itself.
        valid_days: days for which a consent counts; 0 for as long as the version does.
        minimum_age: years that the customer has to say they have reached; 0 for no rule.
        asks_again: whether a decision about an earlier version stops to count.
    """

    texts: dict[str, Text]
    basis: Basis = Basis.CONSENT
    is_required: bool = False
    data: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    valid_days: int = 0
    minimum_age: int = 0
    asks_again: bool = True

    def text(self, *wished: str) -> tuple[str, Text]:
        """Return the words for who reads the *wished* languages, most wanted first, and the language that they are in.

        Where none of them is there it is English, and else what the tenant wrote first.
        """
        chosen = best(wished, self.texts) or ("en" if "en" in self.texts else next(iter(self.texts)))
        return chosen, self.texts[chosen]


@dataclass(frozen=True, slots=True)
class Version:
    """One published version."""

    number: int
    terms: Terms
    published_at: Instant


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose as it stands.

    Attributes:
        name: unique in the tenant for good; what applications ask by.
        party: the ``client_id`` that receives, for ``sharing``; else empty.
        current: the newest version.
        counts_from: the oldest version whose decisions still count.
        retired_at: when it was retired; None while it is asked for.
    """

    id: PurposeId
    name: str
    kind: Kind
    channel: Channel
    party: str
    current: Version
    counts_from: int
    created_at: Instant
    retired_at: Instant | None = None

    @property
    def terms(self) -> Terms:
        """Return what the newest version says."""
        return self.current.terms

    @property
    def needs_decision(self) -> bool:
        """Tell whether nothing is allowed before the customer said yes."""
        return self.terms.basis is Basis.CONSENT or self.terms.is_required

    @property
    def is_decided_here(self) -> bool:
        """Tell whether a customer decides anything: yes to a consent, no to what they may object to."""
        return self.needs_decision or self.terms.basis in OBJECTABLE

    def serves(self, client_id: str) -> bool:
        """Tell whether it is for this client, empty for the tenant itself: sharing is for its party alone."""
        return client_id == self.party if self.kind is Kind.SHARING else client_id in {"", *self.terms.clients}

    @property
    def may_be_withdrawn(self) -> bool:
        """Tell whether a customer may take back what they gave, or object: not where a contract or a law asks it."""
        return self.terms.basis is Basis.CONSENT or self.terms.basis in OBJECTABLE

    def succeeded(self, terms: Terms, at: Instant) -> "Purpose":
        """Return the purpose with a further version."""
        number = self.current.number + 1
        return Purpose(
            self.id, self.name, self.kind, self.channel, self.party, Version(number, terms, at),
            number if terms.asks_again else self.counts_from, self.created_at, self.retired_at,
        )  # fmt: skip


def text_hash(name: str, number: int, locale: str, text: Text) -> bytes:
    """Return the SHA-256 that stands for exactly these words of a version, in this language."""
    return sha256(framed("limen-purpose-v1", name, str(number), locale, text.title, text.body))
