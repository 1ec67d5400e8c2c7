"""What a sign-up's reasons are worth, and that they add up to what follows."""

import pytest

from limen.experience.rendering.catalogue import Catalogue
from limen.identity.tenants.sign_up import SignUpSettings, problems_of
from limen.storage.cache import ProcessLimiter
from limen.trust.fraud.facts import is_tool
from limen.trust.fraud.mail_domains import MailDomains
from limen.trust.fraud.sign_ups import (
    _WEIGHTS,
    REASONS,
    Application,
    Numbers,
    SignUpGuard,
    facts_of,
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


def test_a_browser_that_a_program_drives_and_fingers_like_a_machines_count() -> None:
    found = score(application(is_driven=True, is_machine_like=True), Numbers(fingerprint=20), SETTINGS)
    assert (found.total, found.reasons) == (80, ("fingerprint", "driven", "machine_like"))
    assert facts_of(application(is_driven=True), found)["driven"] is True


def test_whoever_says_that_their_browser_is_like_everybodys_makes_nobody_else_work() -> None:
    assert score(application(), Numbers(fingerprint=1_000_000), SETTINGS).total < SETTINGS.work_from


@pytest.mark.parametrize("agent", ["python-requests/2.32", "Java/21.0.1", "SomeBot/1.0", "axios/1.7"])
def test_tools_are_known_by_how_they_call_themselves(agent) -> None:
    assert is_tool(agent)
    assert not is_tool(FIREFOX)


@pytest.mark.parametrize(("disposable", "total"), [("allow", 0), ("work", 40), ("refuse", 1_000)])
def test_a_tenant_says_what_disposable_addresses_are_worth(disposable, total) -> None:
    assert score(application("a@mailinator.com"), Numbers(), SignUpSettings(disposable=disposable)).total == total


def test_who_lends_no_mailboxes_is_not_disposable() -> None:
    assert not is_disposable("ann@example.com")


@pytest.mark.parametrize(
    ("delivers", "settings", "total", "reasons"),
    [
        ("no", SETTINGS, 40, ("undeliverable",)),
        ("no", SignUpSettings(undeliverable="refuse"), 1_000, ("undeliverable",)),
        ("away", SETTINGS, 0, ()),
        ("away", SignUpSettings(dns_away="work"), 30, ("dns_away",)),
    ],
)
def test_a_domain_that_takes_no_mail_counts_and_silence_has_a_stance(delivers, settings, total, reasons) -> None:
    found = score(application(), Numbers(), settings, delivers)
    assert (found.total, found.reasons) == (total, reasons)


class Says:
    """A resolver that says what it is told to, or nothing."""

    def __init__(self, **domains: bool) -> None:
        self.domains, self.asked = domains, []

    async def takes_mail(self, domain: str) -> bool | None:
        self.asked.append(domain)
        return self.domains.get(domain.partition(".")[0])

    async def answers(self) -> bool:
        return False


@pytest.mark.anyio
async def test_dns_is_asked_once_for_each_domain_and_not_at_all_where_the_tenant_does_not_want_to_know(clock) -> None:
    says, counted = Says(good=True, bad=False), []
    domains = MailDomains(says, clock, counted.append)
    guard = SignUpGuard(ProcessLimiter(b"l" * 32, clock), "ten_1", SETTINGS, domains=domains)
    assert [(await guard.judge(application(f"ann@{name}.example"))).delivers for name in ("good", "bad", "bad")] == [
        "yes", "no", "no",
    ]  # fmt: skip
    assert says.asked == ["good.example", "bad.example"]
    assert (await guard.judge(application("ann@silent.example"))).delivers == "away"
    assert (await guard.judge(application("ann@other.example"))).delivers == "away"  # and nobody waits again so soon
    assert says.asked[2:] == ["silent.example"]
    assert counted == ["takes", "refuses", "away"]
    clock.advance(3_700)
    assert (await guard.judge(application("ann@bad.example"))).delivers == "no"
    assert says.asked[3:] == ["bad.example"]
    deaf = SignUpGuard(guard.limiter, "ten_1", SignUpSettings(undeliverable="allow"), domains=domains)
    assert (await deaf.judge(application("ann@third.example"))).delivers == "yes"


@pytest.mark.anyio
async def test_names_that_are_counted_up_from_one_network_and_many_accounts_at_one_browser_count(clock) -> None:
    guard = SignUpGuard(ProcessLimiter(b"l" * 32, clock), "ten_1", SignUpSettings(address_hour=50))
    found = [await guard.judge(application(f"ann.lee{number}@example.com")) for number in range(5)]
    assert [one.reasons for one in found] == [(), (), (), ("siblings",), ("siblings",)]
    found = [await guard.judge(application(f"{name}@example.com", device="b1")) for name in ("p", "q", "r", "s")]
    assert [one.reasons for one in found] == [(), (), (), ("device",)]


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
