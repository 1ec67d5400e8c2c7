"""A browser without script that one person walks with: cookies, forms, redirects on one host."""

from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from bench.limen.forms import Form, read_forms

_MOVED: Final = frozenset({302, 303})
_MOST_MOVES: Final = 8


class LostError(Exception):
    """A page was not the one that was looked for; the text says which it was."""


class Browser:
    """One person's browser at Limen on a port of the loopback."""

    def __init__(self, port: int) -> None:
        """Begin without cookies."""
        self.origin = f"http://127.0.0.1:{port}"
        self.url, self.page, self.location, self.status = "", "", "", 0
        self._http = HTTPConnection("127.0.0.1", port, timeout=20)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> str:
        """Return the page at *path*, behind redirects on this host; ``location`` is where one led off it."""
        return self._go("GET", path)

    def post(self, form: Form, **values: str) -> str:
        """Send *form* with *values* over its own; return the page that follows."""
        action = urljoin(self.url, form.action) if form.action else self.url
        return self._go("POST", _target(action), urlencode({**form.fields, **values}))

    def form(self, *names: str) -> Form:
        """Return the form of the present page that has fields of these names.

        Raises:
            LostError: there is none.
        """
        forms = [form for form in read_forms(self.page) if form.method == "post"]
        found = next((form for form in forms if set(names) <= set(form.fields)), None)
        if found is None:
            message = f"no form with {names} at {self.url} ({self.status}): {self.page[:300]}"
            raise LostError(message)
        return found

    def button(self, intent: str) -> Form:
        """Return the form whose button means *intent*.

        Raises:
            LostError: there is none.
        """
        found = next((form for form in read_forms(self.page) if ("intent", intent) in form.buttons), None)
        if found is None:
            message = f"no button {intent} at {self.url} ({self.status})"
            raise LostError(message)
        return found

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _go(self, method: str, path: str, body: str | None = None) -> str:
        self.location = ""
        for _ in range(_MOST_MOVES):
            self._ask(method, path, body)
            if self.status not in _MOVED:
                break
            if not self.location.startswith((self.origin, "/")):
                break
            method, path, body, self.location = "GET", _target(urljoin(self.url, self.location)), None, ""
        return self.page

    def _ask(self, method: str, path: str, body: str | None) -> None:
        headers = {"Accept": "text/html", "User-Agent": "limen-bench"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        self.page = answer.read().decode()
        self.status, self.url = answer.status, urljoin(self.origin, path)
        self.location = answer.headers.get("location", "")
        for cookie in answer.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
