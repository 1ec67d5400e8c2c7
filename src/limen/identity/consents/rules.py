"""What may be published as a purpose."""

import re
from collections.abc import Iterator
from typing import Final

from limen.identity.consents.purposes import Channel, Kind, Purpose, Terms, Text
from limen.identity.consents.records import OAUTH
from limen.kernel.errors import Invalid
from limen.kernel.languages import is_tag

CODE: Final = "invalid_purpose"
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}[a-z0-9]")
_DATA: Final = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_LONGEST: Final = {"title": 200, "body": 20_000}
_MOST_DATA: Final = 100
_MOST_CLIENTS: Final = 20
_LONGEST_CLIENT: Final = 255
_MOST_TEXTS: Final = 200
_MOST_DAYS: Final = 36_500
_OLDEST: Final = 120
Problem = tuple[str, str]


def wrong_with(purpose: Purpose) -> Invalid | None:
    """Return everything that is wrong with a purpose, by field; None if it may be published."""
    problems = dict([*_frame(purpose), *_terms(purpose.terms), *_clients(purpose)])
    return Invalid(CODE, ", ".join(problems), problems) if problems else None


def _frame(purpose: Purpose) -> Iterator[Problem]:
    if not _NAME.fullmatch(purpose.name) or purpose.name == OAUTH:
        yield "name", "name.invalid"
    if (purpose.kind is Kind.MARKETING) != (purpose.channel is not Channel.NONE):
        yield "channel", "channel.for_marketing_only" if purpose.channel else "channel.required"
    if (purpose.kind is Kind.SHARING) != bool(purpose.party):
        yield "party", "party.for_sharing_only" if purpose.party else "party.required"
    elif len(purpose.party) > _LONGEST_CLIENT or not purpose.party.isprintable():
        yield "party", "party.invalid"


def _clients(purpose: Purpose) -> Iterator[Problem]:
    clients = purpose.terms.clients
    if clients and purpose.kind is Kind.SHARING:
        yield "clients", "clients.not_for_sharing"
    elif len(clients) > _MOST_CLIENTS or len(set(clients)) != len(clients):
        yield "clients", "list.too_long" if len(clients) > _MOST_CLIENTS else "list.repeated"
    for index, client in enumerate(clients[:_MOST_CLIENTS]):
        if not client or len(client) > _LONGEST_CLIENT or not client.isprintable():
            yield f"clients.{index}", "client.invalid"


def _terms(terms: Terms) -> Iterator[Problem]:
    if not terms.texts:
        yield "texts", "texts.required"
    elif len(terms.texts) > _MOST_TEXTS or len({locale.lower() for locale in terms.texts}) != len(terms.texts):
        yield "texts", "list.too_long" if len(terms.texts) > _MOST_TEXTS else "list.repeated"
    for locale, text in tuple(terms.texts.items())[:_MOST_TEXTS]:
        if not is_tag(locale):
            yield f"texts.{locale[:20]}", "locale.invalid"
        else:
            yield from _text(f"texts.{locale}", text)
    if len(terms.data) > _MOST_DATA or len(set(terms.data)) != len(terms.data):
        yield "data", "list.too_long" if len(terms.data) > _MOST_DATA else "list.repeated"
    for index, kind in enumerate(terms.data[:_MOST_DATA]):
        if not _DATA.fullmatch(kind):
            yield f"data.{index}", "data.invalid"
    if not 0 <= terms.valid_days <= _MOST_DAYS:
        yield "valid_days", "valid_days.out_of_bounds"
    if not 0 <= terms.minimum_age <= _OLDEST:
        yield "minimum_age", "minimum_age.out_of_bounds"


def _text(where: str, text: Text) -> Iterator[Problem]:
    for name, most in _LONGEST.items():
        value: str = getattr(text, name)
        printable = value.replace("\n", "").replace("\t", "").isprintable() if name == "body" else value.isprintable()
        if not value.strip() or len(value) > most or not printable:
            yield f"{where}.{name}", f"{name}.invalid"
