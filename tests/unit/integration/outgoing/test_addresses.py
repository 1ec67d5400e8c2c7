"""Which addresses may be asked, whatever they are wrapped in."""

import pytest

from limen.integration.outgoing.addresses import AddressPolicy

PUBLIC = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"]
INNER = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:53aa:64c::1",
    "2001:db8::1",
    "2606:4700::5efe:10.0.0.1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_asked(address):
    assert AddressPolicy().allows(address)


@pytest.mark.parametrize("address", INNER)
def test_no_other_may(address):
    assert not AddressPolicy().allows(address)


def test_a_network_that_the_operator_names_may():
    policy = AddressPolicy.of(["10.20.0.0/16", "fd12:3456::/32"])
    assert policy.allows("10.20.1.2")
    assert policy.allows("fd12:3456::1")
    assert policy.allows("::ffff:10.20.1.2")
    assert not policy.allows("10.21.1.2")


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "168.63.129.16", "fe80::1", "0.0.0.0"])
def test_metadata_services_may_not_even_if_everything_is_named(address):
    assert not AddressPolicy.of(["0.0.0.0/0", "::/0"], loopback=True).allows(address)


def test_loopback_may_where_it_is_allowed_and_nothing_else_by_it():
    policy = AddressPolicy(loopback=True)
    assert policy.allows("127.0.0.1")
    assert policy.allows("::1")
    assert policy.allows("::ffff:127.0.0.1")
    assert not policy.allows("10.0.0.1")
