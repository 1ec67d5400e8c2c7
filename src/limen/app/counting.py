"""What every sign-in and every token counts, in plain dictionaries (ADR 0044); all else is in :mod:`.metrics`."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from limen.access.tokens.grants import NAMES
from limen.access.tokens.records import Redemption, RotationOutcome

Words = tuple[str, ...]
_PROBABILITIES: Final = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8)


class WordCounter(Collector):
    """Counts by words of ours; it is told on the event loop alone: threads would have to be kept apart."""

    def __init__(
        self, name: str, about: str, labels: Sequence[str], registry: CollectorRegistry, begin: Iterable[Words] = ()
    ) -> None:
        """Show those that are to *begin* at zero."""
        self._name, self._about, self._labels = name, about, labels
        self._counts = dict.fromkeys(begin, 0)
        registry.register(self)

    def count(self, *words: str) -> None:
        """Count one."""
        self._counts[words] = self._counts.get(words, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """Yield the family."""
        family = CounterMetricFamily(self._name, self._about, labels=self._labels)
        for words, count in list(self._counts.items()):
            family.add_metric(words, count)
        yield family

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: the family is known when it is collected."""
        return ()


def proof_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts proofs by kind (``dpop``, ``client``) and what came of them; both are words of ours."""
    about = "Proofs of possession, and clients that did not prove themselves"
    return WordCounter("limen_proofs", about, ("kind", "outcome"), registry).count


def grant_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts answers of the token endpoint by grant and outcome; both are words of ours.

    Each grant is shown from the start, and what is worth an alarm at the first.
    """
    begin = [(name, "issued") for name in NAMES.values()]
    begin += (
        (NAMES["authorization_code"], Redemption.REPLAYED.value),
        (NAMES["refresh_token"], RotationOutcome.REUSED.value),
    )
    about = "Answers of the token endpoint, by grant and what came of it."
    return WordCounter("limen_token_requests", about, ("grant", "outcome"), registry, begin).count


def authentication_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts proofs of customers by authenticator (RFC 8176) and outcome; both are words of ours."""
    about = "Proofs that customers gave in journeys, and tries that proved nothing"
    return WordCounter("limen_authentications", about, ("method", "outcome"), registry).count


def guard_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts tries that a guard noticed, by what it did and why; both are words of ours."""
    about = "Tries that a guard refused, let pass behind a proof, or noticed in shadow mode"
    return WordCounter("limen_guarded_tries", about, ("outcome", "reason"), registry).count


class RiskMeter(WordCounter):
    """Counts what risk decided, by action and outcome, and how likely it found somebody else."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Begin at zero."""
        self._scores: dict[str, list[float]] = {}
        about = "Decisions of risk, by what was done, what was decided, and whether that was enforced"
        super().__init__("limen_risk_decisions", about, ("action", "outcome", "enforced"), registry)

    def measure(self, action: str, outcome: str, enforced: bool, probability: float) -> None:  # noqa: FBT001 - of CountRisk
        """Note one decision."""
        self.count(action, outcome, "yes" if enforced else "no")
        scores = self._scores.get(action)
        if scores is None:
            scores = self._scores[action] = [0.0] * (len(_PROBABILITIES) + 2)
        scores[bisect_left(_PROBABILITIES, probability)] += 1
        scores[-1] += probability

    def collect(self) -> Iterator[Metric]:
        """Yield both families."""
        yield from super().collect()
        about = "How likely it is somebody else, as risk found it"
        family = HistogramMetricFamily("limen_risk_probability", about, labels=("action",))
        bounds = [*map(str, _PROBABILITIES), "+Inf"]
        for action, (*counts, total) in list(self._scores.items()):
            family.add_metric((action,), list(zip(bounds, accumulate(counts), strict=True)), total)
        yield family


def risk_meter(registry: CollectorRegistry) -> Callable[[str, str, bool, float], None]:
    """Return what counts what risk decided, by action and outcome, and how likely it found somebody else."""
    return RiskMeter(registry).measure
