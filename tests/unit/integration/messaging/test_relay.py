"""The relay: each item once while its lease holds, and none of them in another's way."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.metrics import RelayMetrics
from limen.integration.messaging.relay import OutboxRelay, RelaySettings
from limen.kernel.clock import SECOND
from limen.kernel.errors import Corrupted
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy
from tests.support.waiting import PATIENCE, turns
from tests.unit.integration.messaging.fakes import FakeQueue, Item

pytestmark = pytest.mark.anyio

START = 1_800_000_000 * SECOND
ADDRESS = "ada@example.test"


class House:
    """One relay over a fake queue."""

    def __init__(self, queue, handlers, worker="w1", clock=None, **settings):
        self.clock = clock or ManualClock(start=START)
        self.registry = CollectorRegistry()
        self.relay = OutboxRelay(
            queue,
            handlers,
            RelaySettings(worker=worker, **settings),
            RelayMetrics(self.registry),
            (self.clock, SeededEntropy(7)),
        )

    def count(self, outcome, event="mail.requested"):
        labels = {"event": event, "outcome": outcome}
        return self.registry.get_sample_value("limen_outbox_items_total", labels) or 0


def refuse(fault):
    async def handler(_item):
        raise fault

    return handler


async def nothing(_item):
    return None


async def test_a_handled_item_is_done_and_its_lag_is_counted():
    queue = FakeQueue(Item("a", created_at=START - 2 * SECOND))
    house = House(queue, {"mail.requested": nothing})
    assert await house.relay.run_once() == 1
    assert queue.items["a"].state == "done"
    assert house.count("done") == 1
    assert house.registry.get_sample_value("limen_outbox_lag_seconds_sum") == pytest.approx(2)


async def test_an_event_that_nobody_handles_is_done():
    queue = FakeQueue(Item("a", name="customer.registered"))
    house = House(queue, {"mail.requested": nothing})
    await house.relay.run_once()
    assert queue.items["a"].state == "done"
    assert house.count("unhandled", "customer.registered") == 1


async def test_a_name_outside_the_catalogue_makes_no_label_of_its_own():
    house = House(FakeQueue(Item("a", name="made.up")), {})
    await house.relay.run_once()
    assert house.count("unhandled", "other") == 1


async def test_later_puts_the_item_back_with_its_reason():
    queue = FakeQueue(Item("a"))
    house = House(queue, {"mail.requested": refuse(DeliveryLater("smtp_451"))})
    await house.relay.run_once()
    item = queue.items["a"]
    assert (item.state, item.error) == ("due", "smtp_451")
    assert START + 2.5 * SECOND <= item.not_before <= START + 5 * SECOND
    assert await house.relay.run_once() == 0, "it is not due yet"
    house.clock.advance(5)
    assert await house.relay.run_once() == 1


async def test_the_wait_grows_until_the_item_is_dead():
    queue = FakeQueue(Item("a"))
    house = House(queue, {"mail.requested": refuse(DeliveryLater("smtp_451"))}, max_attempts=4)
    waits = []
    while queue.items["a"].state == "due":
        await house.relay.run_once()
        waits.append((queue.items["a"].not_before - house.clock.now()) / SECOND)
        house.clock.advance(60)
    assert waits[:3] == sorted(waits[:3])
    assert waits[2] >= 10
    assert (queue.items["a"].state, queue.items["a"].attempts, queue.items["a"].error) == ("dead", 4, "smtp_451")
    assert (house.count("retried"), house.count("dead")) == (3, 1)


@pytest.mark.parametrize(
    ("fault", "code"), [(DeliveryRefused("smtp_550"), "smtp_550"), (Corrupted("tag"), "corrupted")]
)
async def test_never_is_dead_at_once(fault, code):
    queue = FakeQueue(Item("a"))
    await House(queue, {"mail.requested": refuse(fault)}).relay.run_once()
    assert (queue.items["a"].state, queue.items["a"].error) == ("dead", code)


async def test_an_item_that_ends_the_process_each_time_is_given_up_unhandled():
    seen = []

    async def handler(item):
        seen.append(item.id)

    queue = FakeQueue(Item("a", attempts=3))
    await House(queue, {"mail.requested": handler}, max_attempts=3).relay.run_once()
    assert queue.items["a"].state == "dead"
    assert seen == []


async def test_a_bug_in_a_handler_is_tried_again_and_its_words_are_not_logged():
    queue = FakeQueue(Item("a"))
    house = House(queue, {"mail.requested": refuse(ValueError(f"cannot parse {ADDRESS}"))})
    with capture_logs() as logs:
        await house.relay.run_once()
    assert queue.items["a"].error == "handler_fault"
    assert logs
    assert ADDRESS not in str(logs)
    assert any(line.get("fault") == "ValueError" and "test_relay" in line["at"] for line in logs)


async def test_a_poisoned_item_holds_up_nobody():
    async def handler(item):
        if item.id == "poison":
            raise RuntimeError
        if item.id == "slow":
            await asyncio.sleep(0.05)

    queue = FakeQueue(Item("poison"), Item("slow"), *(Item(f"m{n}") for n in range(6)))
    await House(queue, {"mail.requested": handler}).relay.run_once()
    assert {i.id for i in queue.items.values() if i.state == "done"} == set(queue.items) - {"poison"}


async def test_no_more_is_leased_than_there_are_hands():
    together = most = 0

    async def handler(_item):
        nonlocal together, most
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.001)
        together -= 1

    queue = FakeQueue(*(Item(f"m{n}") for n in range(20)))
    house = House(queue, {"mail.requested": handler}, concurrency=3)
    assert await house.relay.run_once() == 3
    while await house.relay.run_once():
        pass
    assert most == 3


async def test_two_relays_never_handle_one_item_twice_while_the_lease_holds():
    handled = []

    async def handler(item):
        handled.append(item.id)
        await asyncio.sleep(0)

    queue, clock = FakeQueue(*(Item(f"m{n}") for n in range(40))), ManualClock(start=START)
    houses = [House(queue, {"mail.requested": handler}, worker=w, clock=clock) for w in ("w1", "w2")]
    while any(i.state == "due" for i in queue.items.values()):
        await asyncio.gather(*(house.relay.run_once() for house in houses))
    assert sorted(handled) == sorted(queue.items)
    assert {worker for worker, _ in queue.leases} == {"w1", "w2"}


async def test_a_handler_is_cut_off_before_its_lease_runs_out():
    async def handler(_item):
        await asyncio.sleep(30)

    queue = FakeQueue(Item("a"))
    await House(queue, {"mail.requested": handler}, lease_seconds=0.05).relay.run_once()
    assert queue.items["a"].error == "handler_timeout"


async def test_an_outage_of_the_queue_does_not_end_the_relay_and_tells_no_secret():
    queue = FakeQueue(Item("a"))
    queue.broken = {"lease"}
    house = House(queue, {"mail.requested": nothing})
    with capture_logs() as logs:
        assert await house.relay.run_once() == 0
    assert "hunter2" not in str(logs)
    assert house.registry.get_sample_value("limen_outbox_queue_faults_total") == 1
    queue.broken = set()
    assert await house.relay.run_once() == 1


async def test_an_outcome_that_could_not_be_recorded_comes_again_when_the_lease_is_over():
    handled = []

    async def handler(item):
        handled.append(item.id)

    queue = FakeQueue(Item("a"))
    queue.broken = {"done"}
    house = House(queue, {"mail.requested": handler}, lease_seconds=10)
    await house.relay.run_once()
    queue.broken = set()
    assert await house.relay.run_once() == 0
    house.clock.advance(10)
    assert await house.relay.run_once() == 1
    assert handled == ["a", "a"]


class StillClock(ManualClock):
    """A clock whose sleepers are never woken: only a nudge can wake the relay."""

    async def sleep(self, seconds):
        await asyncio.Event().wait()


async def running(house):
    task = asyncio.create_task(house.relay.run())
    await turns()
    return task


async def test_a_nudge_wakes_the_relay_from_any_thread():
    handled = asyncio.Event()

    async def handler(_item):
        handled.set()

    queue = FakeQueue()
    house = House(queue, {"mail.requested": handler}, clock=StillClock(start=START))
    task = await running(house)
    queue.items["a"] = Item("a")
    await asyncio.to_thread(house.relay.nudge)
    await asyncio.wait_for(handled.wait(), PATIENCE)
    house.relay.stop()
    await asyncio.wait_for(task, PATIENCE)
    assert queue.items["a"].state == "done"


async def test_a_backlog_longer_than_the_hands_is_drained_without_a_nudge():
    handled, drained = [], asyncio.Event()

    async def handler(item):
        await asyncio.sleep(0.001)
        handled.append(item.id)
        if len(handled) == 9:
            drained.set()

    queue = FakeQueue(*(Item(f"m{n}") for n in range(9)))
    house = House(queue, {"mail.requested": handler}, concurrency=2, clock=StillClock(start=START))
    task = await running(house)
    await asyncio.wait_for(drained.wait(), PATIENCE)
    house.relay.stop()
    await task
    assert all(item.state == "done" for item in queue.items.values())


async def test_a_stop_waits_for_what_is_under_way_and_leases_nothing_more():
    release = asyncio.Event()

    async def handler(_item):
        await release.wait()

    queue = FakeQueue(Item("a"))
    house = House(queue, {"mail.requested": handler}, clock=StillClock(start=START))
    task = await running(house)
    house.relay.stop()
    queue.items["b"] = Item("b")
    await turns()
    assert not task.done()
    release.set()
    await asyncio.wait_for(task, PATIENCE)
    assert (queue.items["a"].state, queue.items["b"].attempts) == ("done", 0)


async def test_what_outlasts_the_grace_is_let_go_for_another_worker():
    async def handler(_item):
        await asyncio.Event().wait()

    queue = FakeQueue(Item("a"))
    house = House(queue, {"mail.requested": handler}, clock=StillClock(start=START), grace_seconds=0.01)
    task = await running(house)
    house.relay.stop()
    await asyncio.wait_for(task, PATIENCE)
    assert queue.items["a"].state == "due"
    house.clock.advance(60)
    other = House(queue, {"mail.requested": nothing}, worker="w2", clock=house.clock)
    await other.relay.run_once()
    assert queue.items["a"].state == "done"


async def test_a_nudge_without_a_running_relay_is_harmless():
    House(FakeQueue(), {}).relay.nudge()
