from limen.integration.messaging.backoff import back_off
from limen.kernel.clock import SECOND
from tests.support.entropy import SeededEntropy


def test_the_wait_doubles_between_half_and_whole_and_ends_at_the_longest():
    entropy = SeededEntropy(1)
    for attempts, whole in ((1, 5), (2, 10), (3, 20), (20, 3600), (5000, 3600)):
        for _ in range(50):
            assert whole / 2 * SECOND <= back_off(attempts, 5, 3600, entropy) < whole * SECOND


def test_two_items_that_failed_together_do_not_come_back_together():
    entropy = SeededEntropy(1)
    assert len({back_off(3, 5, 3600, entropy) for _ in range(20)}) > 15
