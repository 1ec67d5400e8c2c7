"""What each signal says, and what must hold of all of them together."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from limen.kernel.clock import DAY, HOUR, MINUTE
from limen.trust.risk.agents import agent_values
from limen.trust.risk.assess import assess
from limen.trust.risk.calibration import MODEL, probability
from limen.trust.risk.history import History
from limen.trust.risk.population import NOBODY, Population, asked_for
from limen.trust.risk.records import BROWSER, CLASS, COUNTRY, NETWORK, SYSTEM, Failures, Place, Sighting, Standing
from limen.trust.risk.signals import age, agent, breached, device, failures, rhythm, standing, velocity
from limen.trust.risk.signals import proof as proofs

NOW = 20_000 * DAY + 12 * HOUR
OSLO, NEW_YORK, BERGEN = Place(59.91, 10.75), Place(40.71, -74.0), Place(60.39, 5.32)
HOME = Sighting(NOW, {COUNTRY: "NO", NETWORK: "AS1"}, "mine", OSLO)


def history(count: int = 10, **changes) -> History:
    found = History()
    for day in range(count, 0, -1):
        found = found.after(replace(HOME, at=NOW - day * DAY, **changes))
    return found


KNOWN = history()


def ratio(signal, seen: Sighting, known: History = KNOWN, population: Population = NOBODY) -> float:
    finding = signal.SIGNAL.speaks(seen, known, population)
    assert finding is not None
    return finding.log_ratio


def test_a_cookie_tells_the_customers_browser() -> None:
    assert ratio(device, HOME) == pytest.approx(math.log(0.005 / (1 - 1 / (KNOWN.sign_ins.now(NOW) + 12))))
    stranger = ratio(device, replace(HOME, device="other"))
    assert stranger == pytest.approx(math.log(0.995 * (KNOWN.sign_ins.now(NOW) + 12)))
    assert ratio(device, replace(HOME, device="")) == stranger


def test_failures_of_a_network_say_little_and_are_named_where_nothing_else_failed() -> None:
    quiet, busy = replace(HOME, failures=Failures(network=39)), replace(HOME, failures=Failures(network=200))
    assert ratio(failures, quiet) == ratio(failures, HOME)
    assert ratio(failures, busy) - ratio(failures, HOME) == pytest.approx(math.log(2.0))
    found = failures.SIGNAL.speaks(busy, KNOWN, NOBODY)
    assert found is not None
    assert found.reason == "risk.reason.failures_network"
    of_both = failures.SIGNAL.speaks(replace(HOME, failures=Failures(20, 0, 200)), KNOWN, NOBODY)
    assert of_both is not None
    assert of_both.reason == "risk.reason.failures_account"


def test_failures_at_a_browser_count_once_with_those_of_its_address() -> None:
    at_one = failures.SIGNAL.speaks(replace(HOME, failures=Failures(device=10)), KNOWN, NOBODY)
    of_both = failures.SIGNAL.speaks(replace(HOME, failures=Failures(address=20, device=10)), KNOWN, NOBODY)
    assert at_one is not None
    assert of_both is not None
    assert at_one.reason == "risk.reason.failures_device"
    assert at_one.log_ratio == of_both.log_ratio > ratio(failures, HOME)


@pytest.mark.parametrize(
    ("proof", "expected"), [("password", 0.0), ("mailbox", math.log(0.5)), ("key", math.log(0.02))]
)
def test_a_passkey_speaks_for_its_owner_and_a_password_for_nobody(proof, expected) -> None:
    finding = proofs.SIGNAL.speaks(replace(HOME, proof=proof), KNOWN, NOBODY)
    assert finding is not None
    assert finding.log_ratio == expected
    assert proofs.SIGNAL.speaks(HOME, KNOWN, NOBODY) is None


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = CHROME.replace("X11; Linux x86_64", "Linux; Android 15").replace("Safari", "Mobile Safari")
LATER = FIREFOX.replace("X11", "Wayland")  # the same browser, system and class: other words alone
AT_FIREFOX = history(values=agent_values(FIREFOX))


def with_agent(user_agent: str, **changes) -> Sighting:
    return replace(HOME, values=agent_values(user_agent), **changes)


@pytest.mark.parametrize(
    ("user_agent", "reason"),
    [
        (FIREFOX, "risk.reason.rare_agent"),
        (LATER, "risk.reason.new_agent"),
        (CHROME, "risk.reason.new_browser"),
        (WINDOWS, "risk.reason.new_system"),
        (PHONE, "risk.reason.new_class"),
    ],
)
def test_an_agent_is_named_by_the_broadest_of_its_levels_that_is_new(user_agent, reason) -> None:
    for one in (agent.SIGNAL, agent.PLAIN):
        finding = one.speaks(with_agent(user_agent), AT_FIREFOX, NOBODY)
        assert finding is not None
        assert finding.reason == reason


def test_the_more_of_an_agent_is_new_the_more_it_says_and_half_of_it_at_a_new_browser() -> None:
    said = [ratio(agent, with_agent(one), AT_FIREFOX) for one in (FIREFOX, LATER, CHROME, PHONE)]
    assert said == sorted(said)
    assert said[0] < 0 < said[-1]
    new = [ratio(agent, with_agent(one, device="other"), AT_FIREFOX) for one in (FIREFOX, LATER, CHROME, PHONE)]
    assert new == pytest.approx([one / 2 for one in said])


def test_without_an_agent_or_a_history_nothing_is_said_of_it() -> None:
    for one in (agent.SIGNAL, agent.PLAIN):
        assert one.speaks(HOME, AT_FIREFOX, NOBODY) is None
        assert one.speaks(with_agent(FIREFOX), History(), NOBODY) is None


def test_an_agent_is_held_against_what_everybody_and_what_attackers_show() -> None:
    halves = dict.fromkeys(agent_values(FIREFOX).items(), 500.0)
    people = Population(sign_ins=1_000.0, counts=halves)
    plain = agent.PLAIN.speaks(with_agent(FIREFOX), AT_FIREFOX, people)
    assert plain is not None
    assert plain.log_ratio == pytest.approx(math.log(0.5))  # p(x) is a half, p(x|u,L) all
    assert ratio(agent, with_agent(FIREFOX), AT_FIREFOX, people) == pytest.approx(math.log(0.5) / 2)
    rare = agent.PLAIN.speaks(with_agent(PHONE), AT_FIREFOX, people)
    assert rare is not None
    assert rare.log_ratio < 0 < ratio(agent, with_agent(PHONE), AT_FIREFOX, people)  # a stranger's is no excuse
    attacked = dict.fromkeys(agent_values(FIREFOX).items(), 900.0)
    under_attack = replace(people, attacks=1_000.0, attacked=attacked)
    assert ratio(agent, with_agent(FIREFOX), AT_FIREFOX, under_attack) > math.log(0.5) / 2


def test_where_no_cookie_can_be_nothing_is_said_of_it() -> None:
    assert device.SIGNAL.speaks(replace(HOME, device=None), KNOWN, NOBODY) is None


def test_a_customer_who_often_has_new_browsers_is_asked_less() -> None:
    restless = History()
    for day in range(10, 0, -1):
        restless = restless.after(replace(HOME, at=NOW - day * DAY, device=f"d{day}"))
    stranger = replace(HOME, device="other")
    assert ratio(device, stranger, restless) < ratio(device, stranger)


@pytest.mark.parametrize(
    ("place", "after", "reason"),
    [
        (NEW_YORK, 2 * HOUR, "risk.reason.impossible_travel"),
        (NEW_YORK, 8 * HOUR, "risk.reason.fast_travel"),
        (NEW_YORK, 24 * HOUR, ""),
        (BERGEN, MINUTE, "risk.reason.impossible_travel"),
        (Place(59.0, 10.0), MINUTE, ""),
    ],
)
def test_nobody_is_in_two_places(place: Place, after: int, reason: str) -> None:
    known = History().after(HOME)
    seen = replace(HOME, at=NOW + after, place=place, values={NETWORK: "AS9"})
    finding = velocity.SIGNAL.speaks(seen, known, NOBODY)
    assert finding is not None
    assert finding.reason == reason
    assert (finding.log_ratio > 0) is bool(reason)


def test_a_distance_is_that_on_the_globe() -> None:
    assert velocity.kilometres(OSLO, NEW_YORK) == pytest.approx(5_910, abs=20)
    assert velocity.kilometres(OSLO, OSLO) == 0


def test_a_known_network_and_an_anonymiser_excuse_travel() -> None:
    known, far = History().after(HOME), replace(HOME, at=NOW + HOUR, place=NEW_YORK)
    elsewhere = replace(far, values={NETWORK: "AS9"})
    assert ratio(velocity, far, known) < ratio(velocity, elsewhere, known)
    assert ratio(velocity, replace(elsewhere, standing=Standing(anonymiser=True)), known) == ratio(velocity, far, known)


def test_a_carriers_gateway_and_the_exit_of_a_vpn_are_where_nobody_is() -> None:
    stockholm, far = Place(59.33, 18.07), Sighting(NOW + MINUTE, {NETWORK: "AS9"}, "mine", NEW_YORK)
    by_carrier = replace(far, place=stockholm, standing=Standing(carrier=True))
    known = History().after(HOME)
    assert ratio(velocity, replace(by_carrier, standing=Standing()), known) > 0
    assert ratio(velocity, by_carrier, known) == 0
    assert (
        ratio(velocity, replace(far, place=stockholm), History().after(replace(HOME, standing=Standing(carrier=True))))
        == 0
    )
    assert (
        ratio(velocity, replace(far, standing=Standing(carrier=True)), known) > 0
    )  # an ocean is too far for a gateway
    through = History().after(replace(HOME, place=NEW_YORK, standing=Standing(hosting=True)))
    assert velocity.SIGNAL.speaks(replace(far, place=OSLO), through, NOBODY) is None
    out_of_one = replace(far, standing=Standing(hosting=True))
    assert 0 < ratio(velocity, out_of_one, known) < ratio(velocity, far, known)


def test_an_account_that_is_new_is_known_to_few() -> None:
    days = [ratio(age, replace(HOME, at=NOW + wait * DAY), History().after(HOME)) for wait in (0, 1, 7, 30)]
    assert days == [math.log(0.7), math.log(0.85), 0, 0]


def test_an_unusual_hour_speaks_against_and_a_usual_one_for() -> None:
    night = replace(HOME, at=NOW + 12 * HOUR)
    assert ratio(rhythm, night) > 0 > ratio(rhythm, HOME)
    assert all(abs(ratio(rhythm, replace(HOME, at=NOW + hour * HOUR))) <= rhythm.MOST for hour in range(24))


def test_a_dormant_account_and_a_breached_password_speak_against() -> None:
    assert ratio(age, replace(HOME, at=NOW + 400 * DAY)) == pytest.approx(math.log(3))
    assert ratio(age, HOME) == 0
    assert breached.SIGNAL.speaks(HOME, KNOWN, NOBODY) is None
    assert ratio(breached, replace(HOME, breached=True)) > 0


def test_what_is_known_of_an_address_weighs_less_where_the_customer_is_at_home() -> None:
    exit_node = replace(HOME, standing=Standing(anonymiser=True))
    elsewhere = replace(exit_node, values={NETWORK: "AS9"})
    assert 0 < ratio(standing, exit_node) < ratio(standing, elsewhere)
    listed = replace(elsewhere, standing=Standing(listed=True))
    assert ratio(standing, listed) == ratio(standing, replace(listed, values=HOME.values))


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 50), st.integers(0, 50))
def test_more_failures_never_make_it_better(account: int, address: int, more: int, still_more: int) -> None:
    few = replace(HOME, failures=Failures(account, address))
    many = replace(HOME, failures=Failures(account + more, address + still_more))
    assert ratio(failures, many) >= ratio(failures, few)


@given(
    st.dictionaries(st.sampled_from([COUNTRY, NETWORK]), st.sampled_from(["NO", "AS1", "other"])),
    st.sampled_from(["", "mine", "other"]),
    st.integers(0, 800),
    st.booleans(),
    st.floats(0, 1e6),
)
def test_an_assessment_is_bounded_and_worse_with_anything_against_it(values, browser, days, leaked, attacks) -> None:
    seen = Sighting(NOW + days * DAY, values, browser, breached=leaked)
    population = Population(
        1000, 50, {(COUNTRY, "NO"): 900, (NETWORK, "AS1"): 300}, attacks, {(NETWORK, "other"): attacks}
    )
    found = assess(seen, KNOWN, population)
    assert 0.0 <= found.probability <= 1.0
    assert math.isfinite(found.score)
    assert found.model == MODEL
    worse = assess(replace(seen, breached=True, standing=Standing(listed=True)), KNOWN, population)
    assert worse.score > found.score
    assert worse.probability >= found.probability


def test_the_same_device_at_home_is_far_below_a_stranger_abroad() -> None:
    population = Population(1000, 200, {(COUNTRY, "NO"): 900, (NETWORK, "AS1"): 300})
    at_home = assess(HOME, KNOWN, population)
    abroad = assess(Sighting(NOW, {COUNTRY: "BR", NETWORK: "AS9"}, "", NEW_YORK), KNOWN, population)
    assert at_home.probability < 0.001
    assert abroad.probability > 0.005
    assert at_home.reasons == ()
    assert set(abroad.reasons) >= {"risk.reason.new_device", "risk.reason.new_country"}


def test_a_first_sign_in_has_nothing_to_be_compared_with() -> None:
    found = assess(HOME, History(), NOBODY)
    assert {one.signal for one in found.findings} == {"failures"}
    assert probability(-1e9) >= 0.0
    assert probability(1e9) == 1.0


def test_an_assessment_asks_for_few_counters() -> None:
    assert len(asked_for(replace(HOME, values=dict.fromkeys((COUNTRY, NETWORK, BROWSER), "x")), KNOWN)) <= 7 * 2 + 6


@pytest.mark.parametrize(
    ("agent", "browser", "system", "kind"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Edg/120.0", "edg 120", "windows 10", "desktop"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1) Version/17.1 Mobile/15E Safari", "safari 17", "ios 17", "mobile"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/121.0 Mobile", "chrome 121", "android 14", "mobile"),
        ("Mozilla/5.0 (Linux; Android 13; Tab S9) Chrome/121.0 Safari/537.36", "chrome 121", "android 13", "tablet"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", "firefox 121", "linux", "desktop"),
        ("curl/8.5.0", "other", "other", "automaton"),
    ],
)  # fmt: skip
def test_a_user_agent_has_levels(agent: str, browser: str, system: str, kind: str) -> None:
    values = agent_values(agent)
    assert (values[BROWSER], values[SYSTEM], values[CLASS]) == (browser, system, kind)


def test_no_user_agent_says_nothing() -> None:
    assert agent_values("") == {}
