"""How the works of the second suite are laid out, and how their figures are made of what was measured."""

from pathlib import Path
from typing import Any

import pytest

from bench.figures import Verdict
from bench.load.engine import Plan
from bench.load.spec import Outcome, Spec, from_json, workload
from bench.servers import Server
from bench.subjects import Subject, Supplies, exchanging, polling, pushing
from bench.suites import SUITES, WORKS, suite_of
from bench.workbench import QUICK, Pace
from bench.works import clients, memory
from bench.works.rates import OAUTH_WORKS, supplies


def outcome(**given: Any) -> Outcome:
    usual: dict[str, Any] = {"rate": 1.0, "done": 1, "failed": 0, "first_failure": "", "p50_ms": 1.0, "p99_ms": 1.0}
    busy = {"generator_busy": 0.0, "generator_ceiling": None, "server_busy": 1.0, "others_busy": 0.0}
    return Outcome(**{**usual, **busy, "per_core_second": 1_000.0, **given})


def population(size: int) -> clients.Population:
    server = Server(1, None, 0.0)  # type: ignore[arg-type]  # nothing runs here
    return clients.Population(Subject("some", server), [str(number) for number in range(size)])


def test_every_work_has_one_suite_and_every_suite_its_own_file() -> None:
    names = [name for suite in SUITES.values() for name in suite.names]
    assert len(names) == len(set(names))
    assert all(name in suite_of(name).names for name in names)
    assert len({suite.file for suite in SUITES.values()}) == len(SUITES)


def test_the_bars_are_those_of_the_issue() -> None:
    assert {work.name: work.bar for work in OAUTH_WORKS} == {
        "code_exchange": 1.5,
        "dpop_client_credentials": 1.5,
        "par": 1.5,
        "device_polling": 2.0,
    }
    assert all(work.writes for work in OAUTH_WORKS)


def test_codes_are_enough_for_every_turn_and_devices_for_one_interval() -> None:
    pace = Pace(rounds=5, seconds=3.5, warmup=2.5, settle=0.3)
    needed = supplies(pace, OAUTH_WORKS)
    assert needed.codes >= 21.5 * 9_000
    assert needed.devices == 6 * 20_000
    assert supplies(QUICK, OAUTH_WORKS).devices < needed.devices
    assert supplies(pace, [work for work in WORKS if work not in OAUTH_WORKS]) == Supplies()


def test_each_round_asks_other_clients_where_there_are_others() -> None:
    many = population(100_000)
    rounds = [set(many.slice(number, 500)) for number in range(1, 8)]
    assert [len(names) for names in rounds] == [500] * 7
    assert len(set.union(*rounds)) == 3_500
    assert population(10).slice(3, 500) == [str(number) for number in range(10)]


def test_a_slice_goes_on_at_the_beginning_behind_the_end() -> None:
    assert population(7).slice(1, 5) == ["5", "6", "0", "1", "2"]


def test_the_cost_of_clients_is_a_ratio_of_medians() -> None:
    few = [outcome(per_core_second=rate) for rate in (1_000, 2_000, 4_000)]
    many = [outcome(per_core_second=rate) for rate in (1_000, 1_600, 4_000)]
    figure = clients._figure("client_cost_1000", few, many, 1.2)
    assert figure.limen == pytest.approx(1.25)
    assert figure.verdict is Verdict.SHORT
    assert figure.detail["microseconds"]["few"] == [1_000.0, 500.0, 250.0]


def test_a_failed_request_leaves_the_cost_without_a_figure() -> None:
    figure = clients._figure("client_cost_1000", [outcome()], [outcome(failed=1, first_failure="401")], 1.2)
    assert figure.verdict is Verdict.MISSING
    assert figure.detail["first_failure"] == "401"


def test_memory_drifts_up_or_down() -> None:
    assert memory._Log(resident=[100.0, 103.0, 99.0]).drift() == pytest.approx(0.03)
    assert memory._Log(resident=[100.0, 94.0]).drift() == pytest.approx(0.06)
    assert memory._Log(resident=[100.0]).drift() is None
    assert memory._Log(resident=[100.0, 100.0], first_failure="500").drift() is None


@pytest.mark.parametrize(
    ("job", "start"),
    [
        (exchanging(1, "Basic x", ["one", "two"]), b"POST /token"),
        (polling(1, "Basic x", ["one", "two"]), b"POST /token"),
        (pushing(1, "/par", "Basic x"), b"POST /par"),
    ],
)
def test_a_job_reaches_the_generator_as_it_is(job: Any, start: bytes) -> None:
    spec = Spec(Plan(1, 2, 0.0, 1.0), job.kind, job.arguments)
    script = workload(from_json(spec.to_json())).script(0)
    assert script is not None
    assert next(script).request.startswith(start)


def test_only_the_answer_that_is_meant_counts_for_polls_and_pushes() -> None:
    asks = {}
    for name, job in {"poll": polling(1, "Basic x", ["one"]), "push": pushing(1, "/par", "Basic x")}.items():
        script = workload(Spec(Plan(1, 1, 0.0, 1.0), job.kind, job.arguments)).script(0)
        assert script is not None
        asks[name] = next(script)
    assert asks["poll"].good == {400}
    assert asks["poll"].holds == b"authorization_pending"
    assert asks["push"].good == {201}


def test_what_is_left_of_the_codes_is_what_the_next_turn_uses() -> None:
    job = exchanging(1, "Basic x", ["one", "two"])
    assert job.keep is not None
    job.keep(["two"])
    assert job.arguments["values"] == ["two"]


def test_the_suites_write_beside_each_other() -> None:
    assert {Path(suite.file).suffix for suite in SUITES.values()} == {".json"}
