"""Asking DNS whether a domain takes mail, of a server on loopback that says what it is told to."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from limen.integration.outgoing.mail_domains import DnsMailDomains
from limen.kernel.errors import Misconfigured

pytestmark = pytest.mark.anyio
ZONE = {
    ("takes.example.", "MX"): "10 mail.takes.example.",
    ("null.example.", "MX"): "0 .",
    ("implicit.example.", "AAAA"): "2001:db8::25",
    ("neither.example.", "TXT"): '"nothing"',
}
NAMES = {name for name, _ in ZONE}


class Server(asyncio.DatagramProtocol):
    """A name server for the zone."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text(), question.rdtype.name
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name == "broken.example.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in NAMES:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif (name, kind) in ZONE:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, ZONE[name, kind]))
        self.transport.sendto(answer.to_wire(), addr)


@pytest.mark.parametrize(
    ("domain", "takes"),
    [
        ("takes.example", True),
        ("null.example", False),  # RFC 7505
        ("implicit.example", True),  # RFC 5321 section 5.1
        ("neither.example", False),
        ("nobody.example", False),
        ("broken.example", None),
        (f"{'a' * 64}.example", None),
    ],
)
async def test_what_a_zone_says_is_what_is_told(domain, takes):
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        resolver = DnsMailDomains(["127.0.0.1"], port)
        assert await resolver.takes_mail(domain) is takes
        assert await resolver.answers()  # that it is not there, which is an answer
    finally:
        transport.close()


async def test_where_nobody_answers_nothing_is_known_and_who_is_named_has_an_address(monkeypatch):
    monkeypatch.setattr("limen.integration.outgoing.mail_domains._SECONDS", 0.05)
    nobody = DnsMailDomains(["127.0.0.1"], 9)
    assert (await nobody.takes_mail("takes.example"), await nobody.answers()) == (None, False)
    with pytest.raises(Misconfigured, match="resolver"):
        DnsMailDomains(["dns.example"])
