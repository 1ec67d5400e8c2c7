"""What the added signals spare customers, in the rows of attackers who know whom they attack, and which one does it.

Medians are whole numbers, or halves, and small: one cell that moves by chance moves a row's sum by five per cent or so.
So "clearly fewer" is a quarter fewer over the row, which no two such cells do. The added signals are those that need
nothing of the page, since these are what everybody has; what pages tell is beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.risk.evaluate import PAGE, Scored, asked_again, threshold, totals
from bench.risk.parameters import AFTER, PAPER, TPRS
from limen.trust.risk.signals import BASE, SIGNALS

KNOWING: Final = ("targeted", "very_targeted")
"""Attackers who are in their customer's country, or network, with a likely browser, or the very same."""
AT_MOST: Final = 0.75
_ADDED: Final = tuple(one.name for one in SIGNALS if one.name not in {base.name for base in BASE} | set(PAGE))


def gains(scored: Scored) -> list[dict[str, Any]]:
    """Return a row for each comparison: with the paper where it has figures, and with its model on this traffic."""
    sums, found = _Sums(scored), []
    for kind in KNOWING:
        papers = [after for after in AFTER if len(PAPER.get((kind, after), ())) == len(TPRS)]
        if papers:
            theirs = float(sum(sum(PAPER[kind, after]) for after in papers))
            found.append(_row(sums, kind, papers, "the paper", theirs))
        base = sum(_sum(scored.base, scored.attacks_base[kind], after) for after in AFTER)
        found.append(_row(sums, kind, AFTER, "base, here", base))
    return found


def _row(sums: "_Sums", kind: str, after: Sequence[int], against: str, theirs: float) -> dict[str, Any]:
    ours = sums.without(kind, after, *PAGE)
    without = {name: sums.without(kind, after, *PAGE, name) for name in _ADDED}
    dearest = max(without, key=lambda name: without[name])
    return {
        "attacker": kind,
        "after": list(after),
        "against": against,
        "theirs": theirs,
        "limen": ours,
        "with_page": sums.without(kind, after),
        "bar": theirs * AT_MOST,
        "is_met": ours <= theirs * AT_MOST,
        "signal": dearest if without[dearest] > ours else "",
        "without_it": max(without[dearest], ours),
        "without_each": without,
    }


@dataclass(slots=True)
class _Sums:
    """Sums of medians, with customers' scores kept by what they are without."""

    scored: Scored
    customers: dict[tuple[str, ...], dict[int, list[float]]] = field(default_factory=dict)

    def without(self, kind: str, after: Sequence[int], *but: str) -> float:
        """Return the median re-authentications at all rates, summed, without some signals."""
        if but not in self.customers:
            self.customers[but] = {number: totals(parts, *but) for number, parts in self.scored.parts.items()}
        attacks = totals(self.scored.attacks[kind], *but)
        return sum(_sum(self.customers[but], attacks, one) for one in after)


def _sum(customers: dict[int, list[float]], attacks: Sequence[float], after: int) -> float:
    return sum(asked_again(customers, threshold(attacks, tpr), after) for tpr in TPRS)
