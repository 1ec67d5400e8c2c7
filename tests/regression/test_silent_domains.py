"""Whoever signs up chooses the domain of the address, and with it the servers that DNS asks."""

import pytest

from limen.trust.fraud.mail_domains import MailDomains

pytestmark = pytest.mark.anyio


class Dns:
    """DNS, where the servers of one domain say nothing; or none at all."""

    def __init__(self) -> None:
        self.is_there, self.asked = True, []

    async def takes_mail(self, domain: str) -> bool | None:
        self.asked.append(domain)
        return None if domain == "silent.example" or not self.is_there else domain != "gone.example"

    async def answers(self) -> bool:
        return self.is_there


async def test_a_domain_whose_servers_say_nothing_does_not_switch_the_guard_off_for_everybody_else(clock):
    dns = Dns()
    domains = MailDomains(dns, clock, lambda _outcome: None)
    assert [await domains.takes_mail("silent.example") for _ in range(3)] == [None] * 3
    assert dns.asked == ["silent.example"]  # and it is asked once a minute, however many come with it
    assert await domains.takes_mail("gone.example") is False
    assert await domains.takes_mail("takes.example") is True
    clock.advance(61)
    await domains.takes_mail("silent.example")
    assert dns.asked.count("silent.example") == 2
    dns.is_there = False
    assert await domains.takes_mail("other.example") is None
    assert await domains.takes_mail("third.example") is None
    assert "third.example" not in dns.asked  # where DNS itself is away nobody waits for it again so soon
