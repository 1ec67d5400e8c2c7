"""The forms that take an address, and how long each takes to answer for whom."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from random import Random
from time import perf_counter
from typing import Final
from urllib.parse import urlencode, urlsplit

from bench.limen.forms import choose_form
from bench.timing.people import IDENTIFIER_FIRST, PASSWORD, email_of

_WRONG: Final = "threshold of few doors"
_PATIENCE: Final = 30.0
_FIRST: Final = f"/t/{IDENTIFIER_FIRST}"
_BY_MAIL: Final = {"intent": "use:email_code"}


class AskingError(Exception):
    """Limen answered what no form of ours expects; the text tells."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where its journey begins, what is sent beside the address, and what is sent to the step behind it.

    Where there is a step behind it, that answer is the one that is timed.
    """

    name: str
    begin: str
    fields: Mapping[str, str] = field(default_factory=dict)
    then: Mapping[str, str] | None = None

    def sent(self, kind: str) -> dict[str, str]:
        """Return what is sent beside the address: the right password where it must not help."""
        return self._with_password(self.fields, kind)

    def sent_then(self, kind: str) -> dict[str, str] | None:
        """Return what is sent to the next step, if that is what is timed."""
        return None if self.then is None else self._with_password(self.then, kind)

    @staticmethod
    def _with_password(fields: Mapping[str, str], kind: str) -> dict[str, str]:
        right = PASSWORD if kind in {"disabled", "locked"} else _WRONG
        return {name: right if value == _WRONG else value for name, value in fields.items()}


FORMS: Final = (
    Form("sign_in_password", "/sign-in", {"password": _WRONG}),
    Form("sign_in_code", "/sign-in", _BY_MAIL),
    Form("sign_in_code_typed", "/sign-in", _BY_MAIL, {"code": "000000"}),
    Form("sign_in_code_resent", "/sign-in", _BY_MAIL, {"intent": "resend"}),
    Form("recover", "/recover"),
    Form("sign_up", "/sign-up", {"password": PASSWORD, "name": "Ann Lee"}),
    Form("identifier_first", f"{_FIRST}/sign-in"),
    Form("identifier_first_password", f"{_FIRST}/sign-in", {}, {"password": _WRONG}),
)


class Asker:
    """Asks one form again and again, each time as a browser that nobody has seen."""

    def __init__(self, port: int, form: Form, kinds: Sequence[str], accounts: int, seed: int) -> None:
        """Ask *form* at *port* about *kinds*, going round so many *accounts* of each."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        self._form = form
        self._kinds = kinds
        self._accounts = accounts
        self._chance = Random(seed)

    def blocks(self) -> Generator[dict[str, float]]:
        """Yield seconds by kind, block after block, the kinds in a random order."""
        number = self._chance.randrange(self._accounts)
        try:
            while True:
                number = (number + 1) % self._accounts
                yield {kind: self.ask(kind, number) for kind in self._chance.sample(self._kinds, len(self._kinds))}
        finally:
            self._connection.close()

    def ask(self, kind: str, number: int) -> float:
        """Return the seconds of one answer about account *number* of *kind*."""
        page, cookies = self._get(self._form.begin, {})
        email = email_of(kind, number)
        fields = {"email": email, **self._form.sent(kind)}
        behind = self._form.sent_then(kind)
        if behind is None:
            return self._post(page, cookies, fields)[0]
        _, location = self._post(page, cookies, fields)
        page, cookies = self._get(location, cookies)
        return self._post(page, cookies, behind)[0]

    def _post(self, page: str, cookies: dict[str, str], fields: Mapping[str, str]) -> tuple[float, str]:
        form = choose_form(page)
        if form is None:
            raise AskingError(f"{self._form.name}: a page without a form")
        names = {name: value for name, value in form.fields.items() if name in {"csrf", "version", "email"}}
        body = urlencode({**names, **fields})
        headers = {"content-type": "application/x-www-form-urlencoded", **_cookie(cookies)}
        began = perf_counter()
        self._connection.request("POST", form.action, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        taken = perf_counter() - began
        if answer.status not in {200, 303, 400}:
            raise AskingError(f"{self._form.name}: {answer.status}")
        return taken, answer.headers.get("location", "")

    def _get(self, path: str, cookies: dict[str, str]) -> tuple[str, dict[str, str]]:
        answer, body = self._read(path, cookies)
        while answer.status == 303:
            cookies = cookies | _set_by(answer)
            answer, body = self._read(urlsplit(answer.headers["location"]).path, cookies)
        if answer.status != 200:
            raise AskingError(f"{self._form.name}: GET {path}: {answer.status}")
        return body, cookies | _set_by(answer)

    def _read(self, path: str, cookies: dict[str, str]) -> tuple[HTTPResponse, str]:
        self._connection.request("GET", path, headers=_cookie(cookies))
        answer = self._connection.getresponse()
        return answer, answer.read().decode()


def _set_by(answer: HTTPResponse) -> dict[str, str]:
    pairs = (line.partition(";")[0].partition("=") for line in answer.headers.get_all("set-cookie") or [])
    return {name: value for name, _, value in pairs}


def _cookie(cookies: Mapping[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
