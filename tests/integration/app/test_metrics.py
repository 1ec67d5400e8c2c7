"""What ``/metrics`` tells of the parts."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from limen.app.jobs import Job, Jobs
from limen.app.jobs.checkpoints import Checkpoints
from limen.app.metrics import JobMetrics
from limen.kernel.clock import SECOND
from limen.kernel.errors import Outage
from limen.storage import schema
from tests.support.clock import ManualClock
from tests.support.waiting import PATIENCE, turns

pytestmark = pytest.mark.anyio


async def scraped(house) -> dict[str, float]:
    async with house.client("127.0.0.1") as scraper:
        text = (await scraper.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        sample.name + "".join(sample.labels[name] for name in sorted(sample.labels)): sample.value for sample in samples
    }


async def test_the_hash_pool_is_seen_at_work(house):
    before = await scraped(house)
    assert "limen_hash_pool_niced" not in before
    await house.customer("ann@example.org")
    after = await scraped(house)
    assert after["limen_hash_pool_done_total"] == before["limen_hash_pool_done_total"] + 1
    assert (after["limen_hash_pool_queued"], after["limen_hash_pool_running"]) == (0, 0)
    assert after["limen_hash_pool_refused_total"] == 0
    assert after["limen_hash_pool_niced"] in {0, 1}


async def test_the_age_of_the_change_feed_is_told(house):
    await house.storage.feed.poll()
    house.clock.advance(3)
    assert (await scraped(house))["limen_change_feed_age_seconds"] == 3


async def test_a_disk_that_refused_is_told_of(house, monkeypatch):
    def refuse(_descriptor) -> None:
        raise OSError(5, "as fdatasync(2) has it")

    assert (await scraped(house))["limen_disk_refused"] == 0
    if house.storage.database.dialect.name == "postgresql":
        return
    monkeypatch.setattr("limen.storage.dialects.inline.MOST_TOGETHER", 1_000)
    monkeypatch.setattr("limen.storage.dialects.flushing.flush_file", refuse)
    with pytest.raises(Outage):
        async with house.storage.database.begin(house.tenant.id):
            pass
    assert (await scraped(house))["limen_disk_refused"] == 1


async def test_every_job_is_shown_before_it_ran(house):
    shown = await scraped(house)
    for job in ("checkpoints", "sweep", "signing-keys", "tenant-keys"):
        assert shown[f"limen_job_runs_total{job}failed"] == 0
    assert shown["limen_audit_records_lost_total"] == 0
    assert shown["limen_cache_away_total"] == 0


async def test_a_job_that_fails_and_then_does_not_is_counted_both_times():
    clock, registry = ManualClock(), CollectorRegistry()
    outcomes = iter([RuntimeError("once"), None])
    done = asyncio.Event()

    async def work() -> None:
        outcome = next(outcomes, None)
        if outcome is not None:
            raise outcome
        done.set()

    jobs = Jobs([Job("try", work, 1, 1, is_leased=False)], None, clock, JobMetrics(registry, clock))
    jobs.start()
    async with asyncio.timeout(PATIENCE):
        await done.wait()
        await turns()  # until it is counted
    await jobs.stop()
    assert registry.get_sample_value("limen_job_runs_total", {"job": "try", "outcome": "failed"}) == 1
    assert registry.get_sample_value("limen_job_runs_total", {"job": "try", "outcome": "done"}) >= 1
    last = registry.get_sample_value("limen_job_last_success_timestamp_seconds", {"job": "try"})
    assert last is not None
    assert 0 < last <= clock.now() / SECOND


async def test_records_that_are_gone_are_counted(house, tmp_path):
    lost: list[bool] = []
    basis = house.basis
    checkpoints = Checkpoints(basis.storage, basis.keyring, basis.clock, set, lambda: lost.append(True))
    assert await checkpoints.sign(house.tenant.id)
    house.clock.advance(2)
    assert await checkpoints.sign(house.tenant.id)
    assert lost == []
    table = schema.audit.audit_records.name
    async with basis.storage.database.dialect.engine.begin() as connection:
        await connection.exec_driver_sql(f"DROP TRIGGER {table}_no_delete")
        await connection.exec_driver_sql(f"DELETE FROM {table}")
    house.clock.advance(2)
    assert await checkpoints.sign(house.tenant.id)
    assert lost == [True]
