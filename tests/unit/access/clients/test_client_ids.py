"""What a client is called that was given no name."""

from limen.access.clients.validation import new_client_id, validate_client_id


class Scripted:
    """Chance that comes out as it is told to."""

    def __init__(self, *firsts: int) -> None:
        self.firsts = list(firsts)

    def bytes(self, count: int) -> bytes:
        return bytes([self.firsts.pop(0)]) + bytes(count - 1)


def test_a_made_name_is_one_that_may_be_given_whatever_chance_begins_with():
    chance = Scripted(0xF8, 0xFC, 0x04)  # base64url: "-", "_", "B"
    made = new_client_id(chance)
    assert made == "B" + "A" * 21
    assert validate_client_id(made) is None
