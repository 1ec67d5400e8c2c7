"""What is counted in plain dictionaries reads as the library would have written it."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from limen.app.counting import grant_counter, guard_counter, risk_meter

BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8)


def lines(registry: CollectorRegistry) -> list[str]:
    text = generate_latest(registry).decode()
    return [one for one in text.splitlines() if not one.startswith("#") and "_created" not in one]


def test_words_are_counted_from_the_first_on() -> None:
    registry = CollectorRegistry()
    count = guard_counter(registry)
    assert lines(registry) == []
    for reason in ("address", "listed", "address"):
        count("refused", reason)
    assert lines(registry) == [
        'limen_guarded_tries_total{outcome="refused",reason="address"} 2.0',
        'limen_guarded_tries_total{outcome="refused",reason="listed"} 1.0',
    ]


def test_grants_are_shown_before_any_was_answered() -> None:
    registry = CollectorRegistry()
    grant_counter(registry)
    shown = lines(registry)
    assert 'limen_token_requests_total{grant="refresh_token",outcome="issued"} 0.0' in shown
    assert 'limen_token_requests_total{grant="authorization_code",outcome="replayed"} 0.0' in shown


def test_probabilities_fall_into_the_buckets_of_the_library() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    measure = risk_meter(ours)
    counter = Counter("limen_risk_decisions", "", ["action", "outcome", "enforced"], registry=theirs)
    scores = Histogram("limen_risk_probability", "", ["action"], buckets=BUCKETS, registry=theirs)
    for number, probability in enumerate((0.0, *BUCKETS, 0.3, 1.0)):
        action, outcome = ("sign_in", "allow") if number % 3 else ("recovery", "deny")
        measure(action, outcome, number % 2 == 0, probability)
        counter.labels(action, outcome, "no" if number % 2 else "yes").inc()
        scores.labels(action).observe(probability)
    assert sorted(lines(ours)) == sorted(lines(theirs))
