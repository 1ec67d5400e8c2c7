"""Wrapping keys: what is derived for those who came together, and how long it is kept."""

import msgspec

from limen.identity.keyring.envelope import Place, SealingKey, derived_key, seal, unseal
from limen.identity.keyring.keyfile import EpochKey, Keys
from limen.identity.keyring.together import WrappingKeys
from limen.kernel.ids import CustomerId, JourneyId

KEY = b"k" * 32
PLACE = Place("ten_a", "cus_1", "keyring.subject_key.epoch", "1")


def test_who_came_within_a_second_has_one_key_and_nobody_else_has_it(clock, entropy):
    keys = WrappingKeys(7, KEY, "context", most=4)
    first, second = (CustomerId.new(clock, entropy) for _ in range(2))
    clock.advance(2)
    later, journey = CustomerId.new(clock, entropy), JourneyId.new(clock, entropy)
    assert keys.of("ten_a", first) is keys.of("ten_a", second)
    found = [keys.of("ten_a", first), keys.of("ten_b", first), keys.of("ten_a", later), keys.of("ten_a", journey)]
    assert len({id(one) for one in found}) == len(found)


def test_it_is_derived_as_those_were_that_are_stored(clock, entropy):
    name = CustomerId.new(clock, entropy)
    stored = derived_key(KEY, "limen.epoch-wrap:v1", "ten_a", name[:12])
    envelope = seal(SealingKey.load(7, stored), PLACE, b"inner", entropy)
    assert unseal(EpochKey(7, KEY, clock.now()).wrapping.of("ten_a", name), PLACE, envelope) == b"inner"


def test_so_many_of_a_kind_are_kept_and_no_kind_pushes_out_another(clock, entropy):
    keys = WrappingKeys(7, KEY, most=2)
    journey, names = JourneyId.new(clock, entropy), []
    of_journey = keys.of("ten_a", journey)
    for _ in range(3):
        names.append(CustomerId.new(clock, entropy))
        clock.advance(2)
    found = [keys.of("ten_a", name) for name in names]
    assert keys.of("ten_a", journey) is of_journey
    assert [keys.of("ten_a", name) is one for name, one in zip(names[1:], found[1:], strict=True)] == [True, True]
    assert keys.of("ten_a", names[0]) is not found[0]


def test_nothing_of_it_is_shown_or_written_to_the_file(clock, entropy):
    epoch = EpochKey(7, KEY, clock.now())
    before = repr(epoch), msgspec.json.encode(Keys((), (epoch,)))
    epoch.wrapping.of("ten_a", CustomerId.new(clock, entropy))
    assert (repr(epoch), msgspec.json.encode(Keys((), (epoch,)))) == before
    assert repr(epoch.wrapping) == "WrappingKeys(7)"
