"""Every guard has a row in the doctor's table, the guide has the same, and what a row says is what the settings say."""

from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import anyio
import msgspec
import pytest

import limen.trust
from limen.app.doctor import stances as rows_of
from limen.app.doctor.asking import Looked
from limen.app.doctor.findings import Severity, wrong
from limen.app.doctor.guards import guard_findings
from limen.app.doctor.parts import Parts
from limen.app.doctor.stances import stances
from limen.app.doctor.table import GUARDS, Chosen, Fixed, Guard, Operated
from limen.app.settings import Settings
from limen.app.settings.sections.guarding import CaptchaSection, GeographySection, PasskeysSection, ThreatsSection
from limen.app.settings.sections.keys import KmsSection
from limen.app.settings.sections.leaving import SmsSection, SmtpSection
from limen.app.settings.sections.serving import CacheSection
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.breaches import BreachSettings
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from limen.identity.tenants.risk import RiskSettings
from limen.identity.tenants.sms import SmsSettings
from limen.kernel.secret import Secret
from limen.trust.bots.captcha import WIDGETS
from tests.support.web import Web

pytestmark = pytest.mark.anyio
GUIDE = Path("docs/guide/guardians.rst")
SETTINGS = Settings(issuer="https://id.example", data_dir="/nowhere/limen")
MAIL = SmtpSection(url=Secret("https://mail.example"))
"""No relay; where mail leaves, DNS is asked."""
NAMED = {name for guard in GUARDS for name in guard.settings}
CHOSEN = {guard.stance.setting: guard.stance for guard in GUARDS if isinstance(guard.stance, Chosen)}
OPERATED = {guard.stance.setting: guard.stance for guard in GUARDS if isinstance(guard.stance, Operated)}
GUARDING = ("threats", "captcha", "geography", "passkeys")
"""The sections that hold nothing but what guards rest on."""
ASKED_BY_NO_GUARD = {
    "keystore_url": "a database, with the other",
    "owner_database_url": "the same database, for migrations",
    "owner_keystore_url": "likewise",
    "proxies.certificate_url": "shown to clients, and never asked",
}
PACKAGES = {
    "attacks": "tries, limits, spent proofs of work",
    "bots": "CAPTCHA",
    "fraud": "patterns of fraud",
    "geography": "geography",
    "limits": "tries, limits, spent proofs of work",
    "risk": "risk",
    "threats": "feeds of addresses",
    "tolls": "kinds of telephone lines",
}
WEAKER = {"off", "allow", "open", "shadow"}
LEFT_IN_PEACE = {("risk.mode", "shadow"): "the default"}


def tenant(**settings) -> Tenant:
    return Tenant("ten_1", "acme", "https://id.example", "Acme", 0, 0, TenantSettings(**settings))


def having(**sections) -> Settings:
    return msgspec.structs.replace(SETTINGS, **sections)


async def rows(settings=SETTINGS, *tenants, parts=None):
    found = await stances(settings, parts or Parts((), tenants))
    return {row.guard: row for row in found}


@pytest.fixture
def web(clock, monkeypatch) -> Web:
    """All others, who answer nothing until a test says what; a guard that asks is noted."""

    class Others(Web):
        async def aclose(self) -> None:
            """Hold nothing."""

    others = Others(clock)
    monkeypatch.setattr(rows_of, "LazyOutgoing", lambda *_: others)
    return others


def struct_fields(kind):
    """The fields of a struct that are structs, by name, and the others with their types."""
    hints = get_type_hints(kind)
    inner = {n: k for n, k in hints.items() if isinstance(k, type) and issubclass(k, msgspec.Struct)}
    return inner, {name: kind for name, kind in hints.items() if name not in inner}


def choices() -> dict[str, tuple[str, ...]]:
    """Every setting of a tenant that is one of a few words, by its path."""
    inner, _ = struct_fields(TenantSettings)
    return {
        f"{section}.{name}": tuple(str(one) for one in get_args(choice))
        for section, kind in inner.items()
        for name, choice in struct_fields(kind)[1].items()
        if get_origin(choice) is Literal
    }


def test_whoever_may_be_named_to_be_asked_has_a_row():
    inner, outer = struct_fields(Settings)
    named = set(outer) | {f"{section}.{name}" for section, kind in inner.items() for name in struct_fields(kind)[1]}
    guarding = {name for name in named if name.split(".")[0] in GUARDING}
    addresses = {name for name in named if name.rpartition(".")[2].rpartition("_")[2] == "url"}
    assert guarding | addresses - ASKED_BY_NO_GUARD.keys() <= NAMED
    assert named >= NAMED
    assert addresses >= ASKED_BY_NO_GUARD.keys()


def test_every_package_of_guards_has_a_row():
    packages = {path.name for path in Path(limen.trust.__path__[0]).iterdir() if (path / "__init__.py").exists()}
    assert packages == PACKAGES.keys()
    assert set(PACKAGES.values()) <= {guard.name for guard in GUARDS}


def test_every_stance_that_tenants_choose_has_a_row_with_words_for_each_of_its_values():
    known = choices()
    assert {name for name in known if name.endswith("_away")} <= CHOSEN.keys()
    for setting, stance in CHOSEN.items():
        assert set(known[setting]) - {"none"} == stance.words.keys(), setting


def test_every_stance_that_the_operator_chooses_has_a_row_with_words_for_each_of_its_values():
    inner, _ = struct_fields(Settings)
    known = {
        f"{section}.{name}": set(get_args(hint if get_origin(hint) is Literal else get_args(hint)[0]))
        for section, kind in inner.items()
        for name, hint in get_type_hints(kind, include_extras=True).items()
        if name.startswith("when_") or name.endswith("_away")
    }
    assert known == {setting: stance.words.keys() for setting, stance in OPERATED.items()}


def test_the_guide_has_the_same_table():
    section = GUIDE.read_text().partition("What happens when a guard cannot be asked\n")[2]
    table, cells = section.partition(".. list-table::")[2].partition("\n\n")[2], []
    for line in table.splitlines():
        if line and not line.startswith("   "):
            break
        text = " ".join(line.replace("``", "").split())
        if text.startswith(("* - ", "-")):
            cells.append(text.removeprefix("* ").removeprefix("-").strip())
        elif text:
            cells[-1] += f" {text}"
    said = [tuple(cells[at : at + 4])[:3] for at in range(0, len(cells), 4)]
    assert said[1:] == [(guard.name, guard.asks, told(guard.stance)) for guard in GUARDS]


def told(stance: Chosen | Operated | Fixed) -> str:
    """A stance as the guide has it."""
    if isinstance(stance, Fixed):
        return f"{stance.words} (fixed: {stance.why})"
    return f"{stance.setting}: " + "; ".join(f"{value}, {words}" for value, words in stance.words.items())


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (name, value)
        for name, values in choices().items()
        if name.partition(".")[0] in {"attacks", "sign_up", "patterns", "breaches", "risk"}
        for value in values
        if value in WEAKER and (name, value) not in LEFT_IN_PEACE
    ],
)
def test_what_is_weaker_is_warned_of_or_stands_in_the_table(setting, value):
    section, name = setting.split(".")
    kind = type(getattr(TenantSettings(), section))
    said = tenant(**{section: kind(**{name: value})})
    vendor = having(captcha=CaptchaSection(vendor="turnstile"))
    assert setting in CHOSEN or any(one.what.startswith(setting) for one in guard_findings(vendor, [said]))


@pytest.mark.parametrize(
    ("words", "settings", "of_tenant"),
    [
        ("breaches.online fails open", {}, {"breaches": BreachSettings(online=True)}),
        ("attacks.captcha_away is open", {}, {"attacks": AttackSettings(challenge="captcha", captcha_away="open")}),
        ("attacks.challenge is captcha and there is no vendor", {}, {"attacks": AttackSettings(challenge="captcha")}),
        ("risk.when_away is allow", {}, {"risk": RiskSettings(mode="on", when_away="allow")}),
        (
            "registration.require_pkce is off",
            {},
            {"registration": RegistrationSettings(mode="open", require_pkce=False)},
        ),
        (
            "sms.lines_away is open",
            {"sms": SmsSection(line_type_url="https://lines.example/")},
            {"sms": SmsSettings(countries=("DE",))},
        ),
    ],
)
def test_a_stance_that_lets_pass_is_named_where_it_counts_and_nowhere_else(words, settings, of_tenant):
    assert any(one.what.startswith(words) for one in guard_findings(having(**settings), [tenant(**of_tenant)]))
    assert not any(one.what.startswith(words) for one in guard_findings(SETTINGS, [tenant()]))


async def test_nobody_is_asked_where_nobody_is_configured(web):
    found = await rows(SETTINGS, tenant())
    lies_here = {"geography", "risk", "proofs and assertions, each once", "audit log"}
    assert {name: row.answers for name, row in found.items()} == {
        guard.name: "yes" if guard.name in lies_here else "nobody" for guard in GUARDS
    }
    assert (web.asked, web.posted) == ([], [])


@pytest.mark.parametrize(
    ("guard", "settings", "of_tenant", "stance"),
    [
        (
            "tries, limits, spent proofs of work",
            {"cache": CacheSection(url=Secret("valkey://127.0.0.1:1"), when_away="refuse")},
            {},
            "refuse",
        ),
        (
            "tries, limits, spent proofs of work",
            {"cache": CacheSection(url=Secret("http://cache.example"))},
            {},
            "count_here",
        ),
        ("breached passwords and pairs, here", {"threats": ThreatsSection(pairs="/nowhere/pairs.set")}, {}, ""),
        (
            "breached passwords, on the network",
            {},
            {"breaches": BreachSettings(online=True, when_away="closed")},
            "closed",
        ),
        (
            "CAPTCHA",
            {"captcha": CaptchaSection(vendor="turnstile", site_key="site", secret=Secret("hidden"))},
            {"attacks": AttackSettings(challenge="captcha", captcha_away="closed")},
            "closed",
        ),
        (
            "CAPTCHA",
            {"captcha": CaptchaSection(vendor="turnstile")},
            {"attacks": AttackSettings(challenge="captcha")},
            "work",
        ),
        (
            "kinds of telephone lines",
            {"sms": SmsSection(line_type_url="https://lines.example/")},
            {"sms": SmsSettings(countries=("DE",), lines_away="closed")},
            "closed",
        ),
        ("codes by short message", {"sms": SmsSection(provider="twilio")}, {}, ""),
        ("codes and notices by mail", {"smtp": MAIL, "threats": ThreatsSection(resolver="dns.example")}, {}, ""),
        ("domains of sign-ups", {"smtp": MAIL, "threats": ThreatsSection(resolver="dns.example")}, {}, "open"),
        (
            "feeds of addresses",
            {"threats": ThreatsSection(feeds=("drop block cidr /nowhere/drop.txt",), when_missing="raise")},
            {},
            "raise",
        ),
        ("agents that sign", {"threats": ThreatsSection(signed_agents="/nowhere/agents.json")}, {}, ""),
        ("geography", {"geography": GeographySection(databases=("/nowhere/city.mmdb",))}, {}, ""),
        ("root key", {"kms": KmsSection(kind="vault")}, {}, ""),
        ("models of passkeys", {"passkeys": PasskeysSection(metadata_root="/nowhere/root.pem")}, {}, None),
    ],
)
async def test_who_is_away_or_broken_is_named_with_a_hint_and_the_stance_that_holds(
    web, tmp_path, guard, settings, of_tenant, stance
):
    row = (await rows(having(data_dir=str(tmp_path), **settings), tenant(**of_tenant)))[guard]
    found = [one for one in row.findings if one.severity is Severity.WRONG]
    assert (row.answers, len(found)) == ("no", 1)
    assert found[0].hint
    assert [held.value for held in row.stances] == ([] if stance is None else [stance])
    assert all(held.at == ("acme",) if row.setting else held.why for held in row.stances if not held.is_for_all)
    assert all(held.is_for_all for held in row.stances if row.setting in OPERATED)


async def test_who_answers_is_not_named_and_learns_nothing(web):
    captcha = CaptchaSection(vendor="turnstile", site_key="site", secret=Secret("hidden"))
    lines = SmsSection(line_type_url="https://lines.example/", line_type_secret=Secret("hidden"))
    web.serve(WIDGETS["turnstile"].check, {"success": False})
    web.serve("https://api.pwnedpasswords.com/range/00000", b"0" * 35 + b":0", "text/plain")
    web.serve("https://lines.example/", b"", "text/html")
    found = await rows(having(captcha=captcha, sms=lines), tenant(breaches=BreachSettings(online=True)))
    for name in ("CAPTCHA", "breached passwords, on the network", "kinds of telephone lines"):
        assert (found[name].answers, found[name].findings) == ("yes", ())
    [(_, notice)] = web.posted
    assert notice.body == b"response=none"
    assert "hidden" not in str((notice, web.headers, web.asked))


async def test_who_never_answers_is_not_waited_for(web, monkeypatch):
    async def never(_):
        await anyio.sleep_forever()
        return Looked()

    stuck = Guard("stuck", "somebody", ("stuck.url",), GUARDS[0].stance, never)
    monkeypatch.setattr(rows_of, "GUARDS", (stuck,))
    monkeypatch.setattr(rows_of, "_SECONDS", 0.01)
    row = (await rows())["stuck"]
    assert (row.answers, row.findings) == ("no", (wrong("stuck: no answer in time", "see stuck.url"),))


async def test_without_tenants_the_stances_are_those_of_a_new_one_and_the_database_is_away(web):
    away = wrong("the database does not answer (OSError)", "see that it runs")
    found = await rows(parts=Parts([away]))
    assert [(held.value, held.at) for held in found["CAPTCHA"].stances] == [("work", ())]
    for name in ("risk", "audit log", "proofs and assertions, each once"):
        assert (found[name].answers, found[name].findings) == ("no", (away,))
    assert (await rows(parts=Parts([])))["risk"].answers == "nobody"
