"""Guards that cannot ask, over HTTP: the stance holds, nobody gets a 500, and all ends with the outage."""

from itertools import count

import msgspec
import pytest

from limen.app.settings.sections.serving import CacheSection
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.breaches import BreachSettings
from limen.identity.tenants.sign_up import SignUpSettings
from limen.integration.outgoing.captcha import HttpCaptcha
from limen.kernel.secret import Secret
from limen.storage.cache import FallbackLimiter, ProcessLimiter, ProcessShared
from limen.storage.cache.fallback import PAUSE
from limen.trust.bots.captcha import WIDGETS
from limen.trust.fraud.mail_domains import MailDomains
from limen.trust.threats.breaches import sha1_hex
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import ANN, WORK, WRONG, proof_in
from tests.integration.attacks.test_networks import BAD, URL, keeper_of
from tests.integration.attacks.test_sign_ups import CHECK_MAIL
from tests.integration.attacks.test_sign_ups import WORK as SIGN_UP_WORK
from tests.integration.journeys.test_safe_changes import NEW as FRESH
from tests.integration.journeys.test_safe_changes import sign_out
from tests.integration.tokens.kit import error, open_shop
from tests.support.house import PASSWORD, code_in, says, settings_in

pytestmark = pytest.mark.anyio
TURNSTILE = WIDGETS["turnstile"]


async def metrics(house) -> str:
    return (await house.client("127.0.0.1").get("/metrics")).text


async def away_of(house) -> float:
    """How many decisions were taken without the cache."""
    [line] = [line for line in (await metrics(house)).splitlines() if line.startswith("limen_cache_away_total")]
    return float(line.split()[1])


def is_asked(page) -> bool:
    """Tell whether a page asks for work, or for other work than was done."""
    return page.status == 400 and page.notices[0] in {WORK, says("error.proof_spent")}


class Elsewhere(ProcessLimiter):
    """A cache that others share, and that can go away."""

    is_away = False

    async def hit(self, key, limit, cost=1):
        self._must_answer()
        return await super().hit(key, limit, cost)

    async def seen(self, asked):
        self._must_answer()
        return await super().seen(asked)

    async def count(self, asked):
        self._must_answer()
        await super().count(asked)

    def _must_answer(self):
        if self.is_away:
            raise ConnectionError


@pytest.fixture
def shared(monkeypatch):
    """The cache of each house that is opened."""
    opened = []

    def limiter(_url, key, clock, on_away):
        opened.append(Elsewhere(key, clock))
        return FallbackLimiter(opened[-1], ProcessLimiter(key, clock), clock, on_away)

    monkeypatch.setattr("limen.app.compose.rate_limiter", limiter)
    monkeypatch.setattr("limen.app.compose.shared_state", lambda _url, _key, *of: ProcessShared(*of))
    return opened


async def stuff(house, numbers) -> set[int]:
    """Try a wrong password from a network of its own for each of *numbers*; return the answers' statuses."""
    walkers = ((number, house.walker(address=f"203.0.{number}.1")) for number in numbers)
    return {(await walker.sign_in(f"x{number}@example.com", f"{WRONG} {number}")).status for number, walker in walkers}


async def test_a_cache_that_goes_away_in_an_attack_leaves_the_bar_where_it_was(shared, build_house):
    async with build_house() as house:
        [cache] = shared
        await set_up(house, attacks=AttackSettings(attack_failures=8, work=1_000))
        await house.customer(ANN)
        known = house.walker(address="198.51.100.7")
        await known.sign_in(ANN, PASSWORD)
        await sign_out(known)
        assert await stuff(house, range(8)) == {400}
        thief = house.walker(address="203.0.200.1")
        page = await thief.sign_in(ANN, PASSWORD)
        assert is_asked(page)
        assert await away_of(house) == 0
        spent = proof_in(page)
        page = await thief.post(page, email=ANN, password=WRONG, proof=spent)

        cache.is_away = True
        page = await thief.post(page, email=ANN, password=PASSWORD, proof=spent)
        assert is_asked(page)  # what was spent there is spent here
        assert is_asked(await house.walker(address="203.0.201.1").sign_in(ANN, PASSWORD))
        assert await stuff(house, range(10, 20)) == {400}
        assert (await known.sign_in(ANN, PASSWORD)).path == "/account"
        await sign_out(known)
        away = await away_of(house)
        assert away > 0

        cache.is_away = False
        cache._tables.clear()  # it was started anew
        house.clock.advance(PAUSE / 1_000_000)
        assert is_asked(await house.walker(address="203.0.202.1").sign_in(ANN, PASSWORD))
        assert await stuff(house, [30]) == {400}
        assert cache._tables  # it counts again
        assert await away_of(house) == away


async def test_without_the_cache_an_attack_is_recognised_all_the_same(shared, build_house):
    async with build_house() as house:
        [cache] = shared
        cache.is_away = True
        await set_up(house, attacks=AttackSettings(attack_failures=8, work=1_000))
        await house.customer(ANN)
        assert (await house.walker(address="203.0.199.1").sign_in(ANN, PASSWORD)).path == "/account"
        assert await stuff(house, range(12)) == {400}
        assert is_asked(await house.walker(address="203.0.200.1").sign_in(ANN, PASSWORD))
        assert "attack.recognised" in await house.events()


@pytest.fixture
def refusing(shared, monkeypatch):
    """The operator wants nothing to pass that nobody counts."""
    cache = CacheSection(url=Secret("valkey://127.0.0.1:1"), when_away="refuse")

    def settings(*of, **limits):
        return msgspec.structs.replace(settings_in(*of, **limits), cache=cache)

    monkeypatch.setattr("tests.support.house.settings_in", settings)
    return shared


async def test_where_nothing_passes_that_nobody_counts_whoever_is_signed_in_stays_so(refusing, build_house):
    async with build_house() as house, open_shop(house, email="sue@example.com") as shop:
        [cache] = refusing
        await set_up(house, attacks=AttackSettings(work=1_000), sign_up=SignUpSettings(address_hour=100))
        await house.customer(ANN)
        known, new, mailed = house.walker(), house.walker(), house.walker(language="de")
        await known.sign_in(ANN, PASSWORD)
        await sign_out(known)
        public, _ = await shop.another(token_endpoint_auth_method="none")
        tokens, metadata = await shop.tokens(), {"redirect_uris": ["https://shop.example/cb"], "client_name": "x"}
        code_page = await mailed.begin_sign_up("bob@example.com", PASSWORD)
        code = code_in((await house.mails("bob@example.com"))[-1])
        forms = (
            (known, await known.get("/sign-in"), {"email": ANN, "password": PASSWORD}),
            (new, await new.get("/sign-up"), {"email": "eve@example.com", "password": PASSWORD, "name": "Eve"}),
            (new, await new.get("/recover"), {"email": ANN}),
            (mailed, code_page, {"code": code}),
        )
        before = await house.rows(), await house.events(), await house.mails()

        cache.is_away = True
        with house.watching() as trace:
            for walker, page, typed in forms:
                language = "de" if walker is mailed else "en"
                told = await walker.post(page, **typed)
                assert (told.status, told.h1) == (503, says("error_page.cannot_count.title", language))
                assert int(told.headers["retry-after"]) in range(1, 6)
            machine = {"accept": "application/json"}
            _, page, typed = forms[0]
            told = await known.http.post(page.form.action, data=page.fields | typed, headers=machine)
            assert (told.headers["content-type"], told.json()["code"]) == ("application/problem+json", "cannot_count")
            pushed = known.request(public)
            for asked in (shop.post("/par", pushed), shop.http.post("/register", json=metadata)):
                told = await asked
                assert error(told) == (503, "temporarily_unavailable")
                assert told.headers["retry-after"]
        assert trace.hashes == 0
        assert (await house.rows(), await house.events(), await house.mails()) == before
        assert await away_of(house) > 0

        fresh = (await shop.refresh(tokens["refresh_token"])).json()
        assert (await shop.userinfo(fresh["access_token"])).status_code == 200
        assert await shop.is_active((await shop.tokens())["access_token"])  # signed in there already
        assert (await shop.http.get("/jwks")).status_code == 200
        assert (await shop.refresh(fresh["refresh_token"], (shop.client_id, WRONG))).status_code == 401

        cache.is_away = False
        house.clock.advance(PAUSE / 1_000_000)
        assert (await known.post(forms[0][1], **forms[0][2])).path == "/account"
        assert (await new.post(forms[1][1], **forms[1][2])).h1 == CHECK_MAIL
        assert (await mailed.post(code_page, code=code)).path == "/account"  # it was not used up


async def test_a_cache_that_goes_away_while_a_password_is_compared_lets_nobody_in(refusing, build_house, monkeypatch):
    async with build_house() as house:
        [cache] = refusing
        await set_up(house, attacks=AttackSettings(work=1_000))
        await house.customer(ANN)
        hasher = house.site._front.hasher
        verify = hasher.verify

        async def verified(*of):
            cache.is_away = True
            return await verify(*of)

        monkeypatch.setattr(hasher, "verify", verified)
        thief = house.walker()
        page = await thief.sign_in(ANN, PASSWORD)
        assert (page.status, page.h1) == (503, says("error_page.cannot_count.title"))
        assert (await thief.get("/account")).path != "/account"


@pytest.fixture
def with_captcha(monkeypatch):
    """The operator has an account with a vendor."""

    def captcha(_settings, outgoing, clock):
        return HttpCaptcha("turnstile", "site", Secret("hidden"), outgoing, clock)

    monkeypatch.setattr("limen.app.compose.captcha_of", captcha)


@pytest.mark.usefixtures("with_captcha")
@pytest.mark.parametrize(
    ("stance", "bare", "proven"), [("work", False, True), ("open", True, True), ("closed", False, False)]
)
async def test_while_the_captcha_vendor_is_away_the_tenants_stance_holds(build_house, stance, bare, proven):
    async with build_house() as house:
        attacks = AttackSettings(challenge="captcha", captcha_away=stance, address_proof=1, work=1_000)
        await set_up(house, attacks=attacks, sign_up=SignUpSettings(address_hour=100, family_day=100))
        await house.customer(ANN)
        await house.walker().sign_in("nobody@example.com", WRONG)

        async def comes(**more) -> tuple[bool, bool]:
            """Sign in, and sign up with an address for throwing away; where more is asked for, send it."""
            walkers = house.walker(), house.walker()
            pages = [
                await walkers[0].sign_in(ANN, PASSWORD),
                await walkers[1].begin_sign_up("x@mailinator.com", PASSWORD),
            ]
            for at, page in enumerate(pages):
                if page.status == 400 and more:
                    given = {name: of(page) for name, of in more.items()}
                    pages[at] = await walkers[at].post(page, email=page.fields["email"], password=PASSWORD, **given)
            assert {page.status for page in pages} <= {200, 400}
            return pages[0].path == "/account", pages[1].h1 == CHECK_MAIL

        assert await comes() == (bare, bare)
        assert await comes(proof=proof_in) == (proven, proven)
        assert 'limen_guarded_tries_total{outcome="away",reason="captcha"}' in await metrics(house)

        async def is_back(_url, notice):
            return b'{"success": true}' if b"response=token" in notice.body else b'{"success": false}'

        house.web.ask = is_back
        assert await comes(**{TURNSTILE.field: lambda _: "token"}) == (True, True)
        assert await comes(proof=lambda _: "") == (False, False)
        assert await comes(proof=proof_in) == (True, True)  # four times the work: for who cannot solve a puzzle


class Names:
    """DNS: what it says of every domain, and whether it answers at all."""

    def __init__(self):
        self.says, self.asked = None, 0

    async def takes_mail(self, _domain):
        self.asked += 1
        return self.says

    async def answers(self):
        return self.says is not None


@pytest.mark.parametrize(("stance", "answer"), [("open", (200, CHECK_MAIL)), ("work", (400, says("sign_up.title")))])
async def test_while_dns_is_away_at_a_sign_up_the_tenants_stance_holds(build_house, monkeypatch, stance, answer):
    names = Names()
    monkeypatch.setattr("limen.app.compose.mail_domains_of", lambda _settings, *of: MailDomains(names, *of))
    async with build_house(mails_per_address="off") as house:
        await set_up(house, sign_up=SignUpSettings(dns_away=stance, address_hour=1_000))

        async def signs_up(domain):
            """Sign up from a page that stood long enough to be read."""
            walker = house.walker()
            page = await walker.get("/sign-up")
            house.clock.advance(4)
            return walker, await walker.post(page, email=f"ann@{domain}", password=PASSWORD, name="Ann")

        walker, page = await signs_up("one.example")
        assert (page.status, page.h1) == answer
        if stance == "work":
            page = await walker.post(page, password=PASSWORD, proof=proof_in(page))
            assert page.h1 == CHECK_MAIL
        assert names.asked == 1
        names.says = True
        assert (await signs_up("two.example"))[1].h1 == answer[1]  # nobody waits for it again for a minute
        assert names.asked == 1
        house.clock.advance(61)
        assert (await signs_up("three.example"))[1].h1 == CHECK_MAIL
        names.says = False
        _, page = await signs_up("four.example")
        assert (page.status, page.notices[0]) == (400, SIGN_UP_WORK)
        assert 'limen_mail_domain_questions_total{outcome="away"} 1.0' in await metrics(house)


async def test_while_a_password_cannot_be_checked_reset_and_change_say_so_and_nothing_is_lost(house):
    await set_up(house, breaches=BreachSettings(online=True, when_away="closed", at_sign_in="off"))
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.recover(ANN, FRESH)
    assert (page.status, page.notices) == (503, [says("error.password_unchecked")])
    digits = sha1_hex(FRESH.encode())
    house.web.serve(f"https://api.pwnedpasswords.com/range/{digits[:5]}", b"0" * 35 + b":0", "text/plain")
    assert (await ann.post(page, password=FRESH)).path == "/account"
    house.web.pages.clear()
    page = await ann.get("/account/security")
    form = next(form for form in page.forms if ("intent", "change_password") in form.buttons)
    page = await ann.post(await ann.post(page, form=form, intent="change_password"), password=PASSWORD)
    assert (page.status, page.notices) == (503, [says("error.password_unchecked")])
    assert (await house.walker().sign_in(ANN, FRESH)).path == "/account"


@pytest.mark.parametrize(("stance", "status"), [("open", 200), ("closed", 503)])
async def test_while_the_breach_service_is_away_a_password_is_chosen_by_the_tenants_stance(house, stance, status):
    await set_up(house, breaches=BreachSettings(online=True, when_away=stance))
    page = await house.walker().begin_sign_up(ANN, PASSWORD)
    assert (page.status, page.h1 == CHECK_MAIL) == (status, status == 200)
    assert page.notices == ([says("error.password_unchecked")] if status == 503 else [])
    assert len(await house.mails()) == (status == 200)
    assert 'limen_breach_checks_total{outcome="away",source="online"}' in await metrics(house)
    digits = sha1_hex(PASSWORD.encode())
    house.web.serve(f"https://api.pwnedpasswords.com/range/{digits[:5]}", b"0" * 35 + b":0", "text/plain")
    assert (await house.walker().begin_sign_up("bob@example.com", PASSWORD)).h1 == CHECK_MAIL


async def test_a_feed_that_never_came_stops_nobody_and_one_that_came_stays_in_force(house, tmp_path):
    await house.customer(ANN)
    keeper = keeper_of(house, tmp_path, f"bad block cidr {URL}", house.site._reputation)

    async def after(seconds: int) -> int:
        house.clock.advance(seconds)
        await keeper.refresh()
        assert (await house.walker(address="198.51.100.9").sign_in(ANN, PASSWORD)).path == "/account"
        return (await house.walker(address=BAD).sign_in(ANN, PASSWORD)).status

    assert await after(0) == 200
    house.web.serve(URL, f"{BAD}/32\n".encode(), "text/plain")
    assert await after(61) == 429
    house.web.serve(URL, b"nonsense\n", "text/plain")
    assert await after(3_601) == 429
    house.web.pages.clear()
    assert await after(5 * 86_400) == 429  # stale
    house.web.serve(URL, b"192.0.2.77/32\n", "text/plain")
    assert await after(6 * 3_600) == 200


@pytest.mark.parametrize("raises", [False, True])
async def test_while_a_feed_is_missing_or_stale_the_operators_stance_holds(house, tmp_path, raises):
    await set_up(house, attacks=AttackSettings(work=1_000))
    await house.customer(ANN)
    known = house.walker(address="198.51.100.7")
    await known.sign_in(ANN, PASSWORD)
    await sign_out(known)
    keeper = keeper_of(house, tmp_path, f"bad block cidr {URL}", house.site._reputation, raises=raises)
    await keeper.open()
    networks = count(1)

    async def is_raised() -> bool:
        stranger = house.walker(address=f"203.0.{next(networks)}.200")
        page = await stranger.sign_in(ANN, PASSWORD)
        if page.path == "/account":
            return False
        assert is_asked(page)
        page = await stranger.post(page, email=ANN, password=PASSWORD, proof=proof_in(page))
        assert page.path.startswith("/journey/")  # the mailbox is proven too
        assert (await known.sign_in(ANN, PASSWORD)).path == "/account"
        await sign_out(known)
        return True

    async def after(seconds: int) -> bool:
        house.clock.advance(seconds)
        await keeper.refresh()
        return await is_raised()

    assert await is_raised() == raises
    house.web.serve(URL, b"192.0.2.77/32\n", "text/plain")
    assert not await after(61)
    house.web.pages.clear()
    assert not await after(3_601)  # late, and not yet stale
    assert await after(3 * 3_600) == raises
    assert ('reason="feed_missing"' in await metrics(house)) == raises
    house.web.serve(URL, b"192.0.2.77/32\n", "text/plain")
    assert not await after(6 * 3_600)
