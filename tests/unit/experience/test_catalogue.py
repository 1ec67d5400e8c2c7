"""The catalogues agree with each other and with the templates."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from markupsafe import Markup

import limen.experience
from limen.experience.rendering import LOCALES, Catalogue, MissingMessage
from limen.kernel.events import EVENTS

_HOME = Path(limen.experience.__file__).parent
_PLACE = re.compile(r"%\((\w+)\)s")
_LITERAL = re.compile(r"""\b_\(\s*["']([\w.]+)["']\s*[,)]""")
_COMPOSED = re.compile(r"""\b_\(\s*["']([\w.]+\.)["']\s*~""")
_CONDITIONAL = re.compile(r"""(?:known\(|set key = )["']([\w.]+\.)["']""")
_ERROR_PAGE = re.compile(r'"([a-z_]+)"')
_REFUSAL = re.compile(
    r'\b(?:Conflict|Expired|Forbidden|Invalid|NotFound|Throttled|Unauthenticated|Unavailable)\(\s*(?:code=)?"([a-z_]+)"'
)
_STRING = re.compile(r"""["']([a-z_]+(?:\.[a-z_0-9]+)+)["']""")
_IN_CODE = re.compile(r'"((?:error|error_page|notice|password)\.[a-z_.]+)"')
_NOT_MESSAGES = {*EVENTS, "password.hash", "error.html"}
_SAME_IN_GERMAN = {"form.name", "passkey.unnamed"}
_TRANSLATIONS = [locale for locale in LOCALES if locale != "en"]


def _source(locale: str) -> Catalog:
    with (_HOME / "locales" / f"{locale}.po").open("rb") as file:
        return read_po(file, locale=locale)


def _messages(locale: str) -> dict[str, Message]:
    return {_key(message): message for message in _source(locale) if message.id}


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    text: Any = message.string
    return (text,) if isinstance(text, str) else tuple(text)


def _templates() -> str:
    return "\n".join(path.read_text() for path in (_HOME / "templates").rglob("*.*"))


@pytest.mark.parametrize("locale", _TRANSLATIONS)
def test_every_language_has_the_same_keys(locale: str) -> None:
    assert _messages(locale).keys() == _messages("en").keys()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_key_of_a_template_has_a_message(locale: str) -> None:
    assert set(_LITERAL.findall(_templates())) <= Catalogue.for_locale(locale).keys


def test_every_composed_key_of_a_template_has_messages() -> None:
    keys = Catalogue.for_locale("en").keys
    prefixes = set(_COMPOSED.findall(_templates()))
    assert prefixes
    assert {prefix for prefix in prefixes if not any(key.startswith(prefix) for key in keys)} == set()


def test_every_key_that_the_code_names_has_a_message() -> None:
    code = "\n".join(path.read_text() for path in _HOME.parent.rglob("*.py"))
    assert set(_IN_CODE.findall(code)) - _NOT_MESSAGES <= Catalogue.for_locale("en").keys


def test_no_message_is_left_over() -> None:
    code = "\n".join(path.read_text() for path in _HOME.parent.rglob("*.py"))
    used = set(_STRING.findall(_templates() + code))
    used |= {f"error.{refusal}" for refusal in _REFUSAL.findall(code)}
    pages = "\n".join((_HOME / "pages" / name).read_text() for name in ("errors.py", "turned_away.py"))
    used |= {f"error_page.{name}.{part}" for name in _ERROR_PAGE.findall(pages) for part in ("title", "text")}
    used |= {f"mail.{path.stem}.subject" for path in (_HOME / "templates" / "mail").glob("*.txt")}
    prefixes = (*_COMPOSED.findall(_templates()), *_CONDITIONAL.findall(_templates()))
    assert {key for key in Catalogue.for_locale("en").keys if key not in used and not key.startswith(prefixes)} == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_no_message_is_empty_or_markup(locale: str) -> None:
    texts = [text for message in _messages(locale).values() for text in _forms(message)]
    assert all(texts)
    assert [text for text in texts if "<" in text or "&" in text] == []


@pytest.mark.parametrize("locale", _TRANSLATIONS)
def test_translations_fill_the_same_places(locale: str) -> None:
    english = _messages("en")
    odd = {
        key
        for key, message in _messages(locale).items()
        if any(
            sorted(_PLACE.findall(text)) != sorted(_PLACE.findall(_forms(english[key])[0])) for text in _forms(message)
        )
    }
    assert odd == set()


def test_arabic_is_written_in_arabic() -> None:
    assert [
        key for key, message in _messages("ar").items() if not re.search("[\u0621-\u064a]", _forms(message)[0])
    ] == []


def test_german_is_not_english_left_over() -> None:
    english = {key: _forms(message)[0] for key, message in _messages("en").items()}
    same = {key for key, message in _messages("de").items() if _forms(message)[0] == english[key]}
    assert same <= {"page.status", *_SAME_IN_GERMAN}


def test_german_addresses_formally() -> None:
    texts = [text for message in _messages("de").values() for text in _forms(message)]
    assert [text for text in texts if re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b", text)] == []


@pytest.mark.parametrize(("locale", "forms"), [("en", 2), ("de", 2), ("ar", 6)])
def test_plurals_have_every_form_of_their_language(locale: str, forms: int) -> None:
    assert len(_forms(_messages(locale)["password.rule"])) == forms


@pytest.mark.parametrize(("count", "noun"), [(2, "حرفان"), (8, "8 أحرف"), (15, "15 حرفًا")])
def test_arabic_counts_as_arabic_does(count: int, noun: str) -> None:
    assert Catalogue.for_locale("ar").text("password.rule", count=count).startswith(noun)


def test_markup_in_a_value_survives_and_text_is_escaped() -> None:
    text = Catalogue.for_locale("en").text("sign_in.to_client", client=Markup("<b>{}</b>").format("A & B"))
    assert isinstance(text, Markup)
    assert text == "to continue to <b>A &amp; B</b>"


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(MissingMessage):
        Catalogue.for_locale("de").text("no.such_key")


def test_an_unknown_locale_is_an_error() -> None:
    with pytest.raises(KeyError):
        Catalogue.for_locale("../../etc/passwd")


def test_a_catalogue_is_made_once() -> None:
    assert Catalogue.for_locale("de") is Catalogue.for_locale("de")
