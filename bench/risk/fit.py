"""The logistic curve of ``trust.risk.calibration``, fitted (Platt 1999) to the tuning set alone."""

import math
from collections.abc import Sequence

from bench.risk.evaluate import PAGE, Scored, totals

FITTED_TO = ("naive", "vpn", "targeted", "very_targeted", "abroad")
_STEPS = 50


def fit(scored: Scored) -> tuple[float, float]:
    """Return slope and offset, as if half of all sign-ins were attacks."""
    customers = [score for parts in scored.parts.values() for score in totals(parts, *PAGE)]
    attacks = [score for kind in FITTED_TO for score in totals(scored.attacks[kind], *PAGE)]
    return _newton(customers, attacks)


def _newton(customers: Sequence[float], attacks: Sequence[float]) -> tuple[float, float]:
    slope, offset = 0.5, 0.0
    for _ in range(_STEPS):
        gradient, hessian = [0.0, 0.0], [0.0, 0.0, 0.0]
        for scores, is_attack in ((customers, 0.0), (attacks, 1.0)):
            weight = 1.0 / len(scores)
            for score in scores:
                likely = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, slope * score + offset))))
                error, spread = weight * (likely - is_attack), weight * likely * (1.0 - likely)
                gradient[0] += error * score
                gradient[1] += error
                hessian[0] += spread * score * score
                hessian[1] += spread * score
                hessian[2] += spread
        whole = hessian[0] * hessian[2] - hessian[1] ** 2 + 1e-12
        slope -= (hessian[2] * gradient[0] - hessian[1] * gradient[1]) / whole
        offset -= (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / whole
    return slope, offset
