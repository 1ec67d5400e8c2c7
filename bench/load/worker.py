"""The generator process: reads a spec from standard input, runs it, writes the outcome to standard output."""

import gc
import json
import sys
from dataclasses import asdict

from bench.load.engine import Engine, Tally
from bench.load.spec import Outcome, from_json, workload
from bench.load.statistics import percentile


def outcome(tally: Tally, state: list[str]) -> Outcome:
    """Turn raw counts into figures."""
    ordered = sorted(tally.latencies)
    return Outcome(
        rate=tally.done / tally.window,
        done=tally.done,
        failed=tally.failed,
        first_failure=tally.first_failure,
        p50_ms=percentile(ordered, 0.50) * 1000 if ordered else None,
        p99_ms=percentile(ordered, 0.99) * 1000 if ordered else None,
        generator_busy=tally.generator_cpu / tally.window,
        generator_ceiling=tally.done / tally.generator_cpu if tally.generator_cpu else None,
        server_busy=tally.server_cpu / tally.window,
        per_core_second=tally.done / tally.server_cpu if tally.server_cpu else None,
        others_busy=max(0.0, tally.server_core - tally.server_cpu) / tally.window,
        state=state,
    )


def main() -> None:
    """Run one spec."""
    spec = from_json(sys.stdin.read())
    work = workload(spec)
    # Nothing here makes cycles, and a collection in the middle would show up in the latencies.
    gc.disable()
    tally = Engine(spec.plan, work).run()
    json.dump(asdict(outcome(tally, work.state())), sys.stdout)


if __name__ == "__main__":
    main()
