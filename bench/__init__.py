"""Repeatable benchmarks: Limen and a peer on the same core in one run, beside the physical floor.

Owns the load generator, the floors, the peer's set-up and the report. Leaves correctness to ``tests/``.
Run it with ``make bench`` or ``python -m bench --quick``; ``bench/README.md`` says how the figures are made.
"""
