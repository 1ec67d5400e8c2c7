"""Privacy requests and limits as both databases keep them."""

from dataclasses import replace

import pytest

from limen.identity.rights.records import Limit, LimitKind, RequestKind, RequestState
from limen.kernel.clock import DAY
from tests.contract import things

pytestmark = pytest.mark.anyio


async def test_a_customer_has_one_open_request_of_a_kind_and_may_ask_again_once_it_is_over(database):
    owner, now = things.customer(database), database.clock.now()
    first = things.privacy_request(database, owner)
    async with database.begin() as unit:
        assert await unit.privacy_requests.add(first)
        assert not await unit.privacy_requests.add(things.privacy_request(database, owner))
        assert await unit.privacy_requests.add(things.privacy_request(database, owner, kind=RequestKind.EXPORT))
        done = first.moved(RequestState.DONE, now)
        assert await unit.privacy_requests.update(done, first.version)
        assert not await unit.privacy_requests.update(done, first.version)
        assert await unit.privacy_requests.open_of(owner.id, first.kind) is None
        again = things.privacy_request(database, owner, sealed=b"words")
        assert await unit.privacy_requests.add(again)
        assert await unit.privacy_requests.open_of(owner.id, first.kind) == again
        assert len(await unit.privacy_requests.of_customer(owner.id)) == 3


async def test_the_board_is_in_the_order_of_deadlines_and_goes_on_where_a_page_ended(database):
    now = database.clock.now()
    made = [
        things.privacy_request(database, things.customer(database), due_at=now + days * DAY) for days in (9, 2, 5, 2)
    ]
    async with database.begin() as unit:
        for one in made:
            await unit.privacy_requests.add(one)
        expected = sorted(made, key=lambda one: (one.due_at, one.id))
        page = await unit.privacy_requests.board(is_open=True, after=(0, ""), limit=3)
        rest = await unit.privacy_requests.board(is_open=True, after=(page[-1].due_at, page[-1].id), limit=3)
        assert [*page, *rest] == expected
        for kind, count in ((RequestKind.OBJECTION, 4), (RequestKind.EXPORT, 0)):
            found = await unit.privacy_requests.board(is_open=True, after=(0, ""), limit=9, kind=kind)
            assert len(found) == count
        assert await unit.privacy_requests.board(is_open=False, after=(0, ""), limit=3) == []
        assert [one.id for one in await unit.privacy_requests.due(now + 3 * DAY, 9)] == [one.id for one in expected[:2]]
        assert await unit.privacy_requests.update(expected[0].warned(now), 1)
        assert [one.id for one in await unit.privacy_requests.due(now + 3 * DAY, 9)] == [expected[1].id]
        assert await unit.privacy_requests.overdue(now + 2 * DAY) == 2


async def test_under_a_legal_hold_nobody_is_deleted_and_limits_go_with_their_customer(database):
    owner = things.customer(database)
    limits = [Limit(owner.id, kind, database.clock.now(), "admin:1", b"why") for kind in LimitKind]
    async with database.begin() as unit:
        assert await unit.customers.add(owner, things.contact(owner))
        for limit in limits:
            assert await unit.processing_limits.put(limit)
            assert not await unit.processing_limits.put(replace(limit, sealed=b"again"))
        assert {one.kind: one for one in await unit.processing_limits.of_customer(owner.id)} == {
            one.kind: one for one in limits
        }
        assert not await unit.customers.delete(owner.id)
        assert await unit.processing_limits.lift(owner.id, LimitKind.HOLD)
        assert await unit.customers.delete(owner.id)
        assert await unit.processing_limits.kinds(owner.id) == frozenset()
