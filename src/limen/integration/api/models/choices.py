"""What customers allow and how they want to be written to, as they and administrators see it."""

from typing import Annotated

from pydantic import Field

from limen.identity.consents.purposes import Basis, Purpose
from limen.identity.consents.question import Reason, Standing, may_be_taken_back, told
from limen.identity.preferences.choose import Chosen
from limen.identity.tenants.preferences import PreferenceSettings
from limen.integration.api.models.common import Moment, Sent, Shown, Str, moment
from limen.kernel.clock import Instant

_Name = Annotated[Str, Field(max_length=64)]


class PreferencesSent(Sent):
    """What a customer wants, as you learnt it from them: of what the tenant's setting `preferences` offers."""

    channels: tuple[_Name, ...] = Field(default=(), max_length=10)
    topics: tuple[_Name, ...] = Field(default=(), max_length=50)
    frequency: _Name = Field(default="", description="How often at most; empty where they left it to you.")


class PreferencesShown(Shown):
    """What a customer wants. It is no consent: ask for that first."""

    channels: tuple[str, ...]
    topics: tuple[str, ...]
    frequency: str
    updated_at: Moment | None = Field(description="When they chose; null for never.")


class TopicShown(Shown):
    """Something that one may want to hear about."""

    name: str
    title: str


class OwnPreferencesShown(PreferencesShown):
    """What one wants oneself, and what there is to choose from."""

    offered_channels: tuple[str, ...]
    offered_topics: list[TopicShown]
    offered_frequencies: tuple[str, ...]


class OwnConsentShown(Shown):
    """A purpose that data is used for, and what one decided about it."""

    purpose: str
    version: int
    title: str
    body: str = Field(description="Plain text; an empty line begins a paragraph.")
    language: str
    basis: Basis
    data: tuple[str, ...]
    party: str = Field(description="The `client_id` of the application that receives; empty where none does.")
    allowed: bool
    reason: Reason
    until: Moment | None
    may_withdraw: bool = Field(description="Whether it can be taken back, or objected to.")


class OwnConsentsShown(Shown):
    """Every purpose that is in use, and retired ones that one decided about."""

    items: list[OwnConsentShown]


def shown_preferences(chosen: Chosen) -> PreferencesShown:
    """Return what was chosen as it is shown."""
    said = chosen.preferences
    at = moment(chosen.updated_at) if chosen.updated_at else None
    return PreferencesShown(channels=said.channels, topics=said.topics, frequency=said.frequency, updated_at=at)


def shown_own_preferences(chosen: Chosen, settings: PreferenceSettings, locale: str) -> OwnPreferencesShown:
    """Return what was chosen beside what is offered, in the words of *locale*."""
    return OwnPreferencesShown(
        **shown_preferences(chosen).model_dump(),
        offered_channels=settings.channels,
        offered_topics=[TopicShown(name=one.name, title=one.word(locale)) for one in settings.topics],
        offered_frequencies=settings.frequencies,
    )


def shown_own_consent(purpose: Purpose, standing: Standing | None, locale: str, now: Instant) -> OwnConsentShown:
    """Return a purpose in the words of *locale*, with how it stands *now*."""
    terms, found = purpose.terms, told(purpose, standing, now)
    language, text = terms.text(locale)
    return OwnConsentShown(
        purpose=purpose.name,
        version=purpose.current.number,
        title=text.title,
        body=text.body,
        language=language,
        basis=terms.basis,
        data=terms.data,
        party=purpose.party,
        allowed=found.is_allowed,
        reason=found.reason,
        until=moment(found.until) if found.until else None,
        may_withdraw=may_be_taken_back(purpose, standing, found),
    )
