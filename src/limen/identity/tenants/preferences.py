"""What customers of a tenant may choose of how and about what they are written to."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

MOST_TOPICS: Final = 50
_LONGEST: Final = 100
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LOCALES: Final = frozenset({"en", "de", "ar"})
ContactChannel = Literal["email", "sms", "phone", "post", "push"]
Frequency = Literal["at_once", "daily", "weekly", "monthly"]


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What messages may be about.

    Attributes:
        name: for programs.
        words: for people, by language; ``en`` is required.
    """

    name: str
    words: dict[str, str]

    def word(self, locale: str) -> str:
        """Return the words for *locale*."""
        return self.words.get(locale) or self.words["en"]


class PreferenceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the preference centre offers; nothing, and it is not shown.

    Attributes:
        channels: by which customers may be reached.
        frequencies: how often at most.
        topics: what about.
    """

    channels: tuple[ContactChannel, ...] = ()
    frequencies: tuple[Frequency, ...] = ()
    topics: Annotated[tuple[Topic, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_TOPICS})] = ()

    @property
    def offers_anything(self) -> bool:
        """Tell whether there is anything to choose."""
        return bool(self.channels or self.frequencies or self.topics)


def problems_of(settings: PreferenceSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    for name in ("channels", "frequencies"):
        values: tuple[str, ...] = getattr(settings, name)
        if len(set(values)) != len(values):
            yield f"{place}.{name}", "list.repeated"
    names = [topic.name for topic in settings.topics]
    if len(names) > MOST_TOPICS or len(set(names)) != len(names):
        yield f"{place}.topics", "list.too_long" if len(names) > MOST_TOPICS else "list.repeated"
    for index, topic in enumerate(settings.topics[:MOST_TOPICS]):
        if not _NAME.fullmatch(topic.name):
            yield f"{place}.topics.{index}.name", "name.invalid"
        is_worded = all(0 < len(words) <= _LONGEST and words.isprintable() for words in topic.words.values())
        if "en" not in topic.words or not topic.words.keys() <= _LOCALES or not is_worded:
            yield f"{place}.topics.{index}.words", "texts.required"
