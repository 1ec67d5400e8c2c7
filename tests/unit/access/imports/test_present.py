"""Who of a batch is there already: in the database, in a batch on its way, or earlier in the file."""

from limen.access.imports.judge import Judged
from limen.access.imports.present import Names, Present, Taken, UnderWay, newcomers
from limen.access.imports.records import Arrival, Batch, Refused
from limen.identity.customers.identifiers import EMAIL, NUMBER
from limen.identity.customers.records import Profile
from limen.kernel.ids import CustomerId

OWNER = CustomerId("cus_01jd0000000000000000000000")
NOBODY = Present({}, ())


def row(number: int, *names: tuple[str, bytes], external: bytes | None = None, called: str = "") -> tuple:
    arrival = Arrival(number, number + 1, Profile(), external_id=called)
    return Judged(arrival, Profile(), ""), Names(names, external)


def sorted_out(rows, present=NOBODY, before=None):
    batch = Batch(position=9)
    new = newcomers(rows, present, batch, before or Taken())
    return [one.row.row for one, _ in new], batch.present, batch.refused


def test_whoever_is_in_the_database_is_present_and_whose_number_is_taken_is_refused():
    present = Present({EMAIL: {b"a": OWNER}, NUMBER: {b"1": OWNER}}, ())
    rows = [row(1, (EMAIL, b"a")), row(2, (EMAIL, b"b"), (NUMBER, b"1")), row(3, (EMAIL, b"c"))]
    assert sorted_out(rows, present) == ([3], 1, [Refused(2, 3, "phone", "phone.taken")])


def test_a_name_of_the_other_systems_own_tells_whoever_changed_their_address_there():
    rows = [row(1, (EMAIL, b"new"), external=b"x")]
    assert sorted_out(rows, Present({}, (b"x",))) == ([], 1, [])
    assert sorted_out(rows, before=Taken(externals={b"x"})) == ([], 1, [])


def test_an_address_of_somebody_whom_the_other_system_calls_otherwise_is_refused_but_not_in_an_export_of_ours():
    present = Present({EMAIL: {b"a": OWNER}}, ())
    theirs = [row(1, (EMAIL, b"a"), external=b"x", called="x")]
    ours = [row(1, (EMAIL, b"a"), external=b"x", called=OWNER)]
    assert sorted_out(theirs, present) == ([], 0, [Refused(1, 2, "email", "email.taken")])
    assert sorted_out(ours, present) == ([], 1, [])


def test_a_row_counts_for_those_behind_it_in_its_batch_and_in_the_next_while_it_is_under_way():
    first, again = row(1, (EMAIL, b"a")), row(2, (EMAIL, b"a"))
    assert sorted_out([first, again]) == ([1], 1, [])
    under_way = UnderWay(is_rehearsal=False)
    under_way.add([first])
    assert sorted_out([again], before=under_way.taken()) == ([], 1, [])
    for _ in range(4):  # by then it is committed, and found in the database
        under_way.add([])
    assert sorted_out([again], before=under_way.taken()) == ([2], 0, [])
    rehearsed = UnderWay(is_rehearsal=True)
    rehearsed.add([first])
    for _ in range(4):
        rehearsed.add([])
    assert sorted_out([again], before=rehearsed.taken()) == ([], 1, [])
