"""Scores of a sample, as they were written down: whoever makes the model quicker, or clearer, changes none of them."""

from collections.abc import Iterator
from random import Random  # noqa: TID251 - a sample that is the same each time

import pytest

from limen.kernel.clock import DAY, HOUR
from limen.trust.risk.agents import agent_values
from limen.trust.risk.assess import assess
from limen.trust.risk.history import History
from limen.trust.risk.population import Population, asked_for
from limen.trust.risk.records import (
    ADDRESS,
    COUNTRY,
    NETWORK,
    POINTER,
    PRINT,
    ROUND_TRIP,
    TYPING,
    Assessment,
    Failures,
    Place,
    Sighting,
    Standing,
)
from limen.trust.risk.signals import BASE

NOW = 20_000 * DAY
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0 Safari/537.36"
PROOFS = ("password", "password", "mailbox", "key", "")


def sightings(seed: int) -> Iterator[Sighting]:
    """Yield what somebody shows who is at home as a rule; the last may be anybody's."""
    chance, count = Random(seed), seed % 17
    for number in range(count + 1):
        place = chance.choice((0, 0, 0, 1, number))
        values = {
            ADDRESS: f"198.51.100.{chance.randrange(4) + 4 * place}",
            NETWORK: f"AS{place}",
            **({COUNTRY: "DE" if place < 9 else "SE"} if seed % 3 else {}),
            **(agent_values(AGENT.format(110 + place)) if seed % 5 else {}),
            **({TYPING: chance.choice(("usual", "slow")), POINTER: "mouse", ROUND_TRIP: "50"} if seed % 4 == 1 else {}),
            **({PRINT: f"{20_000 // 45}.{place}"} if seed % 4 == 1 else {}),
        }
        yield Sighting(
            NOW - (count - number) * chance.choice((1, 4, 9)) * DAY + chance.randrange(24) * HOUR,
            values,
            chance.choice(("", "one", "one", "one", "two", None)),
            chance.choice((None, Place(52.5, 13.4 + 9 * place))),
            Standing(*[chance.random() < 0.1 for _ in range(4)]),
            Failures(*[chance.choice((0, 0, 0, 4, 30)) for _ in range(4)]),
            breached=chance.random() < 0.1,
            proof=chance.choice(PROOFS),
        )


def assessment(seed: int) -> tuple[Assessment, Assessment]:
    """Return what the model and its base say of the last sighting."""
    chance, history, seen = Random(-seed), History(), list(sightings(seed))
    for one in seen[:-1]:
        history = history.after(one)
    asked = asked_for(seen[-1], history)
    counts, attacked = ({one: chance.choice((0.0, chance.random() * 900)) for one in asked} for _ in range(2))
    attacks = chance.choice((0.0, 40.0, 4_000.0))
    found = Population(1_000.0 * (seed % 7), 90.0 * (seed % 7), counts, attacks, attacked if attacks else {})
    return assess(seen[-1], history, found), assess(seen[-1], history, found, BASE)


def test_the_scores_of_a_sample_are_what_they_were() -> None:
    found = [[one.score for one in assessment(seed)] for seed in range(24)]
    assert found == [pytest.approx(scores, rel=1e-12, abs=1e-12) for scores in SCORES]


SCORES = [
    [1.791759469228055, 0],
    [1.5289211356447354, -4.49983151814828],
    [5.471335828582468, 0.9442598112118088],
    [-1.1007630517334706, -2.0702160024872667],
    [-0.4047194949127886, -3.467681748991586],
    [-15.17654350702627, -6.863894606982088],
    [1.8865203534958312, -5.774527463792646],
    [0.6156240576331884, 6.617588334963791],
    [-1.6623965580531705, 1.7699279320308858],
    [-4.530474078505704, -1.5093838974705491],
    [-4.903588102782841, -0.6605716405493991],
    [-2.972709498051227, -4.7240128143475975],
    [1.9192410308640833, -6.299879128692007],
    [-2.336137029419876, -2.368899832255508],
    [9.354978138148946, 9.928559543504193],
    [-2.610027114260225, 0.6507896185734655],
    [-12.194480887698719, -2.081090161092861],
    [2.379546134130174, 0],
    [-5.591979387144322, -8.49761301369882],
    [0.9986842466245212, -3.193412673289394],
    [3.326703085690541, 0.3775048349943204],
    [12.901828588198882, 10.718432453332618],
    [-4.278759017520409, -1.301717213578548],
    [-1.0436637149493295, -1.2963642223157192],
]
