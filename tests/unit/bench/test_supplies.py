"""What the benchmark prepares beforehand: values that are drawn once each, and DPoP proofs that a server takes."""

import itertools
import json

import pytest

from bench.load.http import Response
from bench.load.scripts import Ask, Exhausted
from bench.load.supplies import Answer, Drawing, Proving, signed_proofs
from limen.access.possession.proof import Call, Proof, verify_proof
from tests.support.clock import ManualClock

URL = "http://127.0.0.1:1/token"
GOOD = Response(200, b"HTTP/1.1 200 OK", b"{}")


def drawing(*values: str, again: bool = False) -> Drawing:
    return Drawing("/token", {"Host": "here"}, "code={}&x=y", list(values), {"status": 200, "holds": ""}, again=again)


def body(ask: Ask) -> str:
    return ask.request.partition(b"\r\n\r\n")[2].decode()


def test_connections_draw_from_one_store() -> None:
    work = drawing("a", "b", "c")
    one, other = work.script(0), work.script(1)
    assert one is not None
    assert other is not None
    assert [body(next(one)), body(next(other)), body(one.send(GOOD))] == ["code=a&x=y", "code=b&x=y", "code=c&x=y"]


def test_what_ran_out_is_told_and_not_sent_twice() -> None:
    script = drawing("a").script(0)
    assert script is not None
    next(script)
    with pytest.raises(Exhausted):
        script.send(GOOD)


def test_what_is_left_over_is_the_state() -> None:
    work = drawing("a", "b", "c")
    script = work.script(0)
    assert script is not None
    next(script)
    assert work.state() == ["b", "c"]
    assert drawing().script(0) is None


def test_a_value_that_comes_again_comes_behind_all_others() -> None:
    work = drawing("a", "b", "c", again=True)
    script = work.script(0)
    assert script is not None
    sent = [body(next(script)), *(body(script.send(GOOD)) for _ in range(3))]
    assert sent == ["code=a&x=y", "code=b&x=y", "code=c&x=y", "code=a&x=y"]
    assert work.state() == ["b", "c", "a"]


def test_an_answer_names_its_status_and_what_its_body_holds() -> None:
    ask = Answer(400, "authorization_pending").ask(b"x")
    assert ask.good == {400}
    assert ask.holds == b"authorization_pending"


def test_proofs_are_such_as_the_server_takes() -> None:
    clock = ManualClock()
    proofs = [verify_proof(text, Call("POST", (URL,)), clock.now()) for text in signed_proofs(URL, 2, 6, clock)]
    assert all(isinstance(proof, Proof) for proof in proofs)
    good = [proof for proof in proofs if isinstance(proof, Proof)]
    assert len({proof.use for proof in good}) == 6
    assert len({proof.thumbprint for proof in good}) == 2


def test_a_proof_for_another_address_would_not_pass() -> None:
    clock = ManualClock()
    (text,) = signed_proofs("http://127.0.0.1:2/token", 1, 1, clock)
    assert not isinstance(verify_proof(text, Call("POST", (URL,)), clock.now()), Proof)


def test_every_request_carries_another_proof() -> None:
    work = Proving("/token", {"Host": "here"}, "grant_type=client_credentials", URL, keys=1, proofs=3)
    scripts = [work.script(0), work.script(1), work.script(2)]
    requests = [next(script).request for script in scripts]
    assert len(set(requests)) == 3
    assert all(b"\r\nDPoP: " in request for request in requests)
    assert work.state() == []
    with pytest.raises(Exhausted):
        scripts[0].send(GOOD)


def test_states_pass_through_json() -> None:
    left = json.loads(json.dumps(drawing("a", "b").state()))
    assert list(itertools.islice(left, 5)) == ["a", "b"]
