"""Which question is due, of whom, and when."""

from limen.identity.profiles.questions import question_due
from limen.identity.profiles.records import ProfileSettings, Progress, Question
from limen.kernel.clock import DAY

NOW = 1_000 * DAY
ATTRIBUTES = {"size": {"type": "integer"}, "colour": {"type": "string"}}


def due(*questions, said=None, client_id="", progress=None):
    settings = ProfileSettings(attributes=ATTRIBUTES, questions=questions, ask_again_days=30)
    return question_due(settings, {"name": "", **(said or {})}, client_id, progress or Progress(), NOW)


def test_only_what_is_missing_is_asked_for():
    question = Question(fields=("name", "size", "colour"))
    assert due(question, said={"name": "Ann", "size": 0}).fields == ("colour",)
    assert due(question, said={"name": "Ann", "size": 0, "colour": ""}) is None


def test_a_question_waits_for_its_sign_ins_and_its_clients():
    assert due(Question(fields=("size",), after_sign_ins=2), progress=Progress(1)) is None
    assert due(Question(fields=("size",), after_sign_ins=2), progress=Progress(2)) is not None
    assert due(Question(fields=("size",), clients=("shop",))) is None
    assert due(Question(fields=("size",), clients=("shop",)), client_id="shop") is not None


def test_whoever_skipped_is_left_alone_for_a_while_but_for_what_is_required():
    asked = Progress(1, NOW - 29 * DAY)
    assert due(Question(fields=("size",)), progress=asked) is None
    assert due(Question(fields=("size",), required=True), progress=asked) is not None
    assert due(Question(fields=("size",)), progress=Progress(1, NOW - 30 * DAY)) is not None


def test_the_first_that_applies_is_asked_and_what_the_schema_forgot_is_not():
    first, second = Question(fields=("gone",)), Question(fields=("colour",))
    assert due(first, second).fields == ("colour",)
