"""The outer wrapping: those who came together share a key, and only within their tenant."""

from limen.identity.keyring.keyfile import EpochKey
from limen.identity.keyring.store import WrappedSubjectKey
from limen.identity.keyring.wrapping import close_all, open_outer
from limen.kernel.ids import CustomerId


def test_keys_of_several_tenants_are_wrapped_together_and_opened_alone(clock, entropy) -> None:
    epoch = EpochKey(7, b"k" * 32, clock.now())
    names = [CustomerId.new(clock, entropy) for _ in range(2)]  # within a second
    rows = [WrappedSubjectKey(of, name, 1, b"", epoch.id, clock.now()) for name in names for of in ("ten_a", "ten_b")]
    inner = [bytes([number]) * 40 for number in range(len(rows))]
    closed = close_all(zip(rows, inner, strict=True), epoch, entropy)
    assert [open_outer(row, epoch) for row in closed] == inner
