"""Mail where nobody carries it."""

from types import SimpleNamespace

import pytest

from limen.app.mail import NoMailer, mail_handler
from limen.integration.messaging.mail import MailUnavailable
from limen.kernel.clock import SECOND
from limen.kernel.mail import MailRequest, encode_mail_request
from tests.support.clock import ManualClock
from tests.unit.integration.messaging.fakes import Item

pytestmark = pytest.mark.anyio

START = 1_800_000_000 * SECOND
REQUEST = MailRequest(
    template="verify_email", locale="en", address="ada@example.test", context={"code": "123456"}, expires_at=START + 10
)


async def test_mail_that_nobody_carries_waits_without_words_and_goes_when_it_is_too_late():
    def renderer():
        raise AssertionError

    async def found(*_):
        return SimpleNamespace(issuer="https://id.example.test", unseal=lambda *_: encode_mail_request(REQUEST))

    clock = ManualClock(start=START)
    keyring, tenants = SimpleNamespace(tenant=found, subject=found), SimpleNamespace(get=found)
    handler = mail_handler(tenants, keyring, renderer, NoMailer(), clock)
    with pytest.raises(MailUnavailable, match="not_configured"):
        await handler(Item("evt_1"))
    clock.advance(11)
    await handler(Item("evt_1"))
