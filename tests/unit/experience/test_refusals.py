"""A sign-in that is shown again is the page that it would be without a mould, and nothing of anybody is kept in one."""

from typing import Any

import pytest
from msgspec.structs import replace

from limen.access.journeys.views import StepView
from limen.experience.pages.refusals import recast
from limen.experience.rendering import Brand, Renderer, StaticAssets

_renderer = Renderer(StaticAssets())
_DATA: dict[str, Any] = {
    "client_name": None, "may_sign_up": True, "may_recover": True, "asks": "all", "identifiers": ["email"],
    "forget": "",
    "methods": ["password", "email_code", "passkey"], "passkey": {"rpId": "limen.example"}, "captcha": None,
}  # fmt: skip
_BASE = {"brand": Brand("Limen", "#0b6bcb"), "prefix": "", "languages": {"en": "English"}}


def proof(number: int) -> dict[str, Any]:
    salt = f"n0nce-{number}_x?expires=179000{number}&asked=178000{number}&work=50000&"
    asked = {"algorithm": "SHA-256", "challenge": f"{number:064x}", "maxnumber": 50_000, "salt": salt}
    return {"proof": {**asked, "signature": f"{number + 7:064x}"}, "waited": f"d2FpdGVk{number}+/=="}


def view(number: int, email: str = "ann{}@example.com", **more: Any) -> StepView:
    data = {**_DATA, **proof(number)}
    return StepView("sign_in", 3, {"email": email.format(number)}, {}, "error.proof_needed", data, 400, **more)


def form(number: int) -> dict[str, str]:
    return {"action": f"/journey/{number}", "here": f"/journey/{number}", "csrf": f"c{number}", "challenge": "ch"}


def both(shown: StepView, number: int) -> tuple[str, str]:
    again = recast(shown)
    assert again is not None
    fresh = {"nonce": f"n{number}", **form(number), **again.fresh}
    plain = _renderer.render(
        "steps/sign_in.html", "en", {**_BASE, "nonce": f"n{number}", **form(number), "view": shown}
    )
    found = _renderer.render_fresh(
        "steps/sign_in.html",
        "en",
        {**_BASE, "view": again.kept},
        fresh,
        lambda values: {**values, "view": again.view(values)},
    )
    return plain, found


@pytest.mark.parametrize(
    "email", ["ann{}@example.com", "o'neill+{}@example.com", '"><script>{}', "ä{}@example.com", ""]
)
def test_a_page_from_a_mould_is_the_page_that_would_be_rendered(email: str) -> None:
    for number in range(3):
        for shown in (
            view(number, email),
            replace(view(number, email), data={**_DATA}, errors={"": "error.invalid_credentials"}),
        ):
            plain, found = both(shown, number)
            assert found == plain


def test_what_is_kept_is_nobodys() -> None:
    one, other = recast(view(1)), recast(view(2, retry_after=9))
    assert one is not None
    assert other is not None
    assert one.kept == other.kept


@pytest.mark.parametrize(
    "shown",
    [
        replace(view(1), name="verify_email"),
        replace(view(1), values={"email": "a@b.example", "name": "Ann"}),
        replace(view(1), data={**view(1).data, "asks": "proof"}),
        replace(view(1), data={**view(1).data, "forget": "a credential"}),
        replace(view(1), data={**view(1).data, "proof": {**proof(1)["proof"], "salt": "another form"}}),
    ],
)
def test_what_says_more_of_somebody_is_rendered_for_them(shown: StepView) -> None:
    assert recast(shown) is None
