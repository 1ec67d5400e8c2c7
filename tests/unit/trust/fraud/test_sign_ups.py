"""What a sign-up's reasons are worth, and that they add up to what follows."""

import pytest

from limen.experience.rendering.catalogue import Catalogue
from limen.identity.tenants.sign_up import SignUpSettings, problems_of
from limen.storage.cache import ProcessLimiter
from limen.trust.fraud.sign_ups import (
    _WEIGHTS,
    REASONS,
    Application,
    Numbers,
    SignUpGuard,
    family_of,
    is_disposable,
    score,
)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SETTINGS = SignUpSettings()


def application(email: str = "ann@example.com", agent: str = FIREFOX, seconds: float = 20.0, **more) -> Application:
    return Application(email, "192.0.2.7", agent, seconds, **more)


@pytest.mark.parametrize(
    ("one", "numbers", "total", "reasons"),
    [
        (application(), Numbers(), 0, ()),
        (application(seconds=1), Numbers(), 20, ("quick",)),
        (application(is_trapped=True), Numbers(), 100, ("trap",)),
        (application("a@mailinator.com"), Numbers(), 40, ("disposable",)),
        (application("a@deep.mailinator.com"), Numbers(), 40, ("disposable",)),
        (application(agent="HeadlessChrome/142"), Numbers(), 40, ("automation",)),
        (application(agent=""), Numbers(), 40, ("automation",)),
        (application(), Numbers(address=4), 0, ()),
        (application(), Numbers(address=5), 30, ("address",)),
        (application(), Numbers(address=20), 100, ("address_many",)),
        (application(), Numbers(network=40, family=3), 70, ("network", "family")),
        (application("a@mailinator.com", "curl/8", 0), Numbers(), 100, ("disposable", "automation", "quick")),
    ],
)
def test_reasons_add_up(one, numbers, total, reasons) -> None:
    found = score(one, numbers, SETTINGS)
    assert (found.total, found.reasons) == (total, reasons)


@pytest.mark.parametrize(("disposable", "total"), [("allow", 0), ("work", 40), ("refuse", 1_000)])
def test_a_tenant_says_what_disposable_addresses_are_worth(disposable, total) -> None:
    assert score(application("a@mailinator.com"), Numbers(), SignUpSettings(disposable=disposable)).total == total


def test_a_mailbox_under_many_names_is_one_family() -> None:
    assert family_of("ann+1@example.com") == family_of("Ann+2@example.com") == "ann@example.com"
    assert family_of("a.n.n@gmail.com") == "ann@gmail.com"
    assert family_of("a.n.n@example.com") == "a.n.n@example.com"
    assert not is_disposable("ann@example.com")


@pytest.mark.anyio
async def test_sign_ups_are_counted_by_address_and_mailbox(clock) -> None:
    guard = SignUpGuard(ProcessLimiter(b"l" * 32, clock), "ten_1", SETTINGS)
    totals = [(await guard.judge(application(f"ann+{number}@example.com"))).total for number in range(6)]
    assert totals == [0, 0, 0, 40, 40, 70]
    clock.advance(2 * 86_400)
    assert (await guard.judge(application("ann+9@example.com"))).total == 0


@pytest.mark.parametrize("locale", ["en", "de", "ar"])
def test_every_reason_has_words(locale) -> None:
    catalogue = Catalogue.for_locale(locale)
    assert REASONS.keys() == {*_WEIGHTS, "pattern"}
    assert all(words in catalogue for words in REASONS.values())


def test_settings_that_mean_nothing_are_named() -> None:
    wrong = SignUpSettings(work_from=200, refuse_from=100, family_day=0)
    assert {name for name, _ in problems_of(wrong, "s")} == {"s.work_from", "s.family_day"}
