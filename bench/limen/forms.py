"""Reads the forms of a page, as a browser without script would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_REFUSING = ("deny", "cancel", "back", "reject", "decline", "resend", "logout", "locale", "lang")

_TURN = "intent"
"""Buttons of this name change the person's direction; the plain button leads on."""


@dataclass(slots=True)
class Form:
    """One form: where it goes, its fields with their present values, and its buttons (name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    has_plain_button: bool = False

    def asks_password(self) -> bool:
        """Tell whether the form has a password field."""
        return "password" in self.kinds.values()

    def asks_email(self) -> bool:
        """Tell whether the form asks for an e-mail address."""
        return "email" in self.kinds.values() or "email" in self.fields

    def agreeing_button(self) -> tuple[str, str] | None:
        """Return the first named button that leads on; None where the plain one does, or none at all."""
        if self.has_plain_button:
            return None
        return next((one for one in self.buttons if one[0] != _TURN and not _refuses(" ".join(one))), None)

    def refuses(self) -> bool:
        """Tell whether this form can only lead away from the journey's goal."""
        return _refuses(self.action) or not (self.has_plain_button or self.agreeing_button())


def _refuses(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _REFUSING)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and tag in {"input", "button"}:
            self._control(self._open, tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    @staticmethod
    def _control(form: Form, tag: str, attributes: dict[str, str]) -> None:
        name, value = attributes.get("name", ""), attributes.get("value", "")
        kind = attributes.get("type", "submit" if tag == "button" else "text").lower()
        if kind == "submit":
            if name:
                form.buttons.append((name, value))
            else:
                form.has_plain_button = True
        elif name and (kind not in {"checkbox", "radio"} or "checked" in attributes):
            form.fields[name] = value or ("on" if kind == "checkbox" else "")
            form.kinds[name] = kind


def read_forms(page: str) -> list[Form]:
    """Return the page's forms in order."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def choose_form(page: str) -> Form | None:
    """Return the form that leads on: a password field first, then an e-mail field, then any that does not refuse."""
    posting = [form for form in read_forms(page) if form.method == "post"]
    for wanted in (Form.asks_password, Form.asks_email, lambda form: not form.refuses()):
        found = next((form for form in posting if wanted(form)), None)
        if found is not None:
            return found
    return None
