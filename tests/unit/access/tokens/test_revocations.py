"""What was revoked lately, held in memory."""

from typing import Any, cast

import pytest

from limen.access.jose.verify import VerifiedToken
from limen.access.tokens.records import Revocations
from limen.access.tokens.revocations import LONGEST_TOKEN, RevocationView
from limen.kernel.clock import HOUR, SECOND
from tests.support.clock import START, ManualClock

pytestmark = pytest.mark.anyio


class Stored:
    """The database: what it says, and how often it was asked."""

    def __init__(self) -> None:
        self.known = Revocations()
        self.gone: set[str] = set()
        self.loads: list[int] = []
        self.asked: list[tuple[str, str, str]] = []

    async def revocations(self, since: int) -> Revocations:
        self.loads.append(since)
        return self.known

    async def is_revoked(self, token_id: str, family_id: str, subject: str, issued_at: int) -> bool:
        self.asked.append((token_id, family_id, subject))
        return bool({token_id, family_id, subject} & self.gone)


class View:
    def __init__(self) -> None:
        self.clock, self.stored, self.is_fresh = ManualClock(START), Stored(), True
        self.view = RevocationView(cast("Any", self.stored), self.clock, lambda: self.is_fresh)

    def token(self, jti: str = "jti", fid: str = "fam", ago: int = 0) -> VerifiedToken:
        claims = {"jti": jti, "sub": "subject", "iat": self.clock.now() // SECOND - ago}
        return VerifiedToken(claims | ({"fid": fid} if fid else {}), (), 0, 0)

    async def is_revoked(self, token: VerifiedToken) -> bool:
        return await self.view.is_revoked(token)


@pytest.fixture
def view() -> View:
    return View()


async def test_what_nobody_revoked_is_good(view: View):
    assert not await view.is_revoked(view.token())


@pytest.mark.parametrize("change", [("token", "jti"), ("family", "fam")])
async def test_a_revocation_is_seen_from_the_moment_it_is_heard_of(view: View, change: tuple[str, str]):
    assert not await view.is_revoked(view.token())
    view.view.hear(*change)
    assert await view.is_revoked(view.token())


async def test_a_customers_valid_after_ends_what_was_issued_before_and_not_what_comes_after(view: View):
    before = view.token(jti="before", fid="one")
    view.clock.advance(2)
    view.view.hear("subject", f"subject:{view.clock.now()}")
    view.clock.advance(2)
    assert await view.is_revoked(before)
    assert not await view.is_revoked(view.token(jti="after", fid="two"))


async def test_an_earlier_valid_after_never_replaces_a_later_one(view: View):
    old = view.token()
    view.clock.advance(5)
    view.view.hear("subject", f"subject:{view.clock.now()}")
    view.view.hear("subject", "subject:1")
    assert await view.is_revoked(old)


async def test_a_machines_token_is_no_customers_whatever_its_subject(view: View):
    view.view.hear("subject", f"subject:{view.clock.now() + HOUR}")
    view.view.hear("family", "")
    assert not await view.is_revoked(view.token(fid=""))


async def test_what_was_revoked_before_the_start_is_loaded_once(view: View):
    view.stored.known = Revocations(frozenset({"jti"}), frozenset({"fam"}), {"subject": START})
    assert await view.is_revoked(view.token(fid="other"))
    assert await view.is_revoked(view.token(jti="other"))
    assert view.stored.loads == [START - LONGEST_TOKEN]


async def test_while_the_feed_is_stale_the_database_is_asked_and_memory_is_not_believed(view: View):
    view.is_fresh = False
    view.stored.gone = {"fam"}
    assert await view.is_revoked(view.token())
    view.stored.gone = set()
    assert not await view.is_revoked(view.token())
    assert view.stored.loads == []


async def test_a_family_that_was_deleted_before_the_start_is_found_out(view: View):
    """Its row is gone with its customer, so that no list of revocations holds it."""
    await view.is_revoked(view.token(fid=""))
    view.stored.gone = {"erased"}
    assert await view.is_revoked(view.token(fid="erased", ago=60))


async def test_the_database_is_asked_once_a_family_and_not_at_all_for_what_was_issued_since(view: View):
    await view.is_revoked(view.token(fid=""))
    for _ in range(3):
        assert not await view.is_revoked(view.token(fid="old", ago=60))
    assert len(view.stored.asked) == 1
    view.clock.advance(1)
    assert not await view.is_revoked(view.token(fid="new"))
    assert len(view.stored.asked) == 1


async def test_what_no_token_can_reach_any_more_is_forgotten(view: View):
    await view.is_revoked(view.token())
    for name in range(100):
        view.view.hear("token", f"token-{name}")
        view.view.hear("family", f"family-{name}")
        view.view.hear("subject", f"subject-{name}:{view.clock.now()}")
    view.clock.advance((LONGEST_TOKEN + 2 * HOUR) / SECOND)
    await view.is_revoked(view.token())
    held = view.view._tokens, view.view._families, view.view._subjects
    assert [len(one) for one in held] == [0, 0, 0]


async def test_what_a_token_can_still_reach_is_kept_over_a_new_load(view: View):
    await view.is_revoked(view.token())
    token = view.token()
    view.view.hear("family", "fam")
    view.clock.advance((LONGEST_TOKEN - HOUR) / SECOND)
    assert await view.is_revoked(token)
    assert len(view.stored.loads) == 2
