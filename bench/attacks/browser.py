"""A browser without a person: cookies, an address, and what a page's form says. It may solve what pages ask for."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from time import process_time
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

from bench.limen.forms import choose_form

Outcome = Literal["session", "challenged", "wrong", "proof", "blocked", "refused"]
"""Signed in; asked for more behind the right password; compared and wrong; asked for work; put off; anything else."""
_PATIENCE: Final = 30.0
_PROOF: Final = 'data-proof="'
_DONE: Final = "/account"


@dataclass
class Browser:
    """One browser at *address*, as our proxy would name it.

    It notes what is asked of it: seconds of processor that proofs took (*worked*), how many, and seconds it was told to
    wait, which it does not do.
    """

    port: int
    address: str
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    cookies: dict[str, str] = field(default_factory=dict)
    worked: float = 0.0
    proofs: int = 0
    waits: int = 0
    _connection: HTTPConnection | None = None

    def open(self, path: str) -> str:
        """Return the page that *path* leads to."""
        status, location, body = self.request("GET", path)
        while status == 303:
            status, location, body = self.request("GET", urlsplit(location).path)
        return body if status == 200 else ""

    def sign_in(self, email: str, password: str, *, solves: bool = False, page: str = "") -> Outcome:
        """Try a password on a fresh page, or on *page*; where work is asked for and it *solves*, try again with it."""
        page = page or self.open("/sign-in")
        outcome, page = self.submit(page, {"email": email, "password": password, "proof": self.solved(page, solves)})
        if outcome == "proof" and solves:
            outcome, _ = self.submit(page, {"email": email, "password": password, "proof": self.solved(page, solves)})
        return outcome

    def submit(self, page: str, fields: dict[str, str]) -> tuple[Outcome, str]:
        """Send the form of *page*; return what came of it and the page that shows it."""
        form = choose_form(page)
        if form is None:
            return "refused", ""
        kept = {name: value for name, value in form.fields.items() if name in {"csrf", "version"}}
        status, location, body = self.request("POST", form.action, {**kept, **fields})
        if status == 303:
            path = urlsplit(location).path
            if path.startswith(_DONE):
                return "session", ""
            return "challenged", self.open(path)
        if status == 429:
            return "blocked", body
        if status == 400:
            return ("proof" if _PROOF in body and not _is_wrong(body) else "wrong"), body
        return "refused", body

    def solved(self, page: str, solves: bool = True) -> str:  # noqa: FBT001, FBT002
        """Return the answer to the work that *page* asks for, or nothing."""
        if not solves or _PROOF not in page:
            return ""
        asked = json.loads(unescape(page.partition(_PROOF)[2].partition('"')[0]))
        began, salt = process_time(), asked["salt"]
        wanted = bytes.fromhex(asked["challenge"])
        number = next(
            n for n in range(asked["maxnumber"] + 1) if hashlib.sha256(f"{salt}{n}".encode()).digest() == wanted
        )
        self.worked += process_time() - began
        self.proofs += 1
        answer = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
        return base64.b64encode(json.dumps({**answer, "number": number}).encode()).decode()

    def request(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Ask once; return status, location and body."""
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        headers = {"x-forwarded-for": self.address, "user-agent": self.agent, "accept": "text/html"}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            body, headers["content-type"] = urlencode(fields), "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("set-cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        told = answer.headers.get("retry-after", "")
        self.waits += int(told) if told.isdecimal() else 0
        return answer.status, answer.headers.get("location", ""), text

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _is_wrong(body: str) -> bool:
    return 'id="problems"' in body
