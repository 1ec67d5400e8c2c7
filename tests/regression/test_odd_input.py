"""Input that is well formed and means nothing: it is refused in words, and nothing falls over."""

import pytest

from limen.identity.audit.chain import named_fields
from limen.identity.audit.checkpoints import Checkpoint
from limen.identity.customers.identities import is_identity
from limen.kernel.ids import TenantId
from limen.trust.threats.feeds import read_feed

DEEP = b"[" * 200_000


@pytest.mark.parametrize("field", ["modified", "valid_from"])
def test_an_indicator_of_the_year_1_in_no_zone_is_read(field):
    """A machine's own zone does not reach back that far."""
    indicator = (
        f'{{"type":"indicator","id":"x","{field}":"0001-01-01T00:00:00","pattern":"[ipv4-addr:value = \'192.0.2.7\']"}}'
    )
    assert len(read_feed("stix", f'{{"type":"bundle","objects":[{indicator}]}}'.encode(), 10**15)) == 1


@pytest.mark.parametrize("issuer", ["https://[", "https://[::1", "//]["])
def test_an_issuer_that_cannot_be_taken_apart_is_none(issuer):
    """The account page shows its host."""
    assert not is_identity(issuer, "subject")


@pytest.mark.parametrize("heads", [DEEP, b'[["seg", 1e999, ""]]', b"7"])
def test_a_crafted_audit_log_is_no_log_however_it_is_nested(heads):
    """It can be signed by whoever crafted it."""
    with pytest.raises(ValueError, match="heads"):
        Checkpoint(TenantId("ten_1"), 1, 0, heads, b"", b"", "kid", b"").listed()
    assert named_fields(DEEP) == {}
