"""From a sealed request to a message."""

from dataclasses import dataclass

import pytest

from limen.integration.messaging.delivery import DeliveryRefused
from limen.integration.messaging.handler import MailHandler, Sender
from limen.integration.messaging.mail import MailUnavailable
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.kernel.clock import SECOND
from limen.kernel.mail import MailRequest, encode_mail_request
from tests.support.clock import ManualClock
from tests.unit.integration.messaging.fakes import Item

pytestmark = pytest.mark.anyio

START = 1_800_000_000 * SECOND
REQUEST = MailRequest(
    template="verify_email", locale="de", address="ada@example.test", context={"code": "123456"}, expires_at=START + 10
)


@dataclass
class Words:
    subject: str
    text: str
    html: str


class House:
    def __init__(self, payload=None, sender=None):
        self.clock = ManualClock(start=START)
        self.mailbox = DevelopmentMailbox(self.clock)
        self.payload = payload
        self.sender = sender or Sender("shop.example.test")
        self.handler = MailHandler(self._unseal, self._render, self.mailbox, self._sender_of, self.clock)

    async def _unseal(self, _item):
        return self.payload

    async def _sender_of(self, tenant_id):
        return self.sender if tenant_id == "ten_1" else None

    async def _render(self, tenant_id, name, locale, context):
        if name != "verify_email":
            raise LookupError(name)
        return Words(f"{tenant_id} {locale}", f"code {context['code']}", "<p>code</p>")

    def only(self):
        (received,) = self.mailbox.list()
        return received.mail


async def test_a_request_becomes_the_message_it_asks_for():
    house = House(encode_mail_request(REQUEST))
    await house.handler(Item("evt_1"))
    mail = house.only()
    assert (mail.to, mail.subject, mail.text) == ("ada@example.test", "ten_1 de", "code 123456")
    assert mail.headers["Content-Language"] == "de"
    assert mail.message_id.endswith("@shop.example.test>")


async def test_the_tenants_own_sender_is_used_where_there_is_one():
    house = House(encode_mail_request(REQUEST), Sender("shop.example.test", "Shop <no-reply@shop.example.test>"))
    await house.handler(Item("evt_1"))
    assert house.only().headers["From"] == "Shop <no-reply@shop.example.test>"


async def test_a_second_attempt_carries_the_same_message_id_and_shows_no_identifier_of_ours():
    house = House(encode_mail_request(REQUEST))
    await house.handler(Item("evt_1"))
    await house.handler(Item("evt_1", attempts=2))
    assert "evt_1" not in house.only().message_id
    await house.handler(Item("evt_2"))
    assert len(house.mailbox.list()) == 2


async def test_mail_for_an_erased_reader_is_dropped():
    house = House(None)
    await house.handler(Item("evt_1"))
    assert house.mailbox.list() == ()


async def test_mail_of_a_tenant_that_is_gone_is_dropped():
    house = House(encode_mail_request(REQUEST))
    await house.handler(Item("evt_1", tenant_id="ten_gone"))
    assert house.mailbox.list() == ()


async def test_a_message_whose_code_ran_out_is_not_sent():
    house = House(encode_mail_request(REQUEST))
    house.clock.advance(1)
    await house.handler(Item("evt_1"))
    assert house.mailbox.list() == ()


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"{}", b'{"template":1}', b"[]"])
async def test_a_payload_of_another_shape_is_refused_without_its_words(payload):
    with pytest.raises(DeliveryRefused) as refused:
        await House(payload).handler(Item("evt_1"))
    assert refused.value.code == "payload_invalid"
    assert refused.value.__suppress_context__


async def test_an_unknown_template_is_refused():
    payload = encode_mail_request(MailRequest(template="nope", locale="en", address="a@b.test"))
    with pytest.raises(DeliveryRefused) as refused:
        await House(payload).handler(Item("evt_1"))
    assert refused.value.code == "template_unknown"


async def test_the_mailers_later_passes_through():
    house = House(encode_mail_request(REQUEST))

    async def away(_mail):
        raise MailUnavailable("smtp_timeout")

    house.mailbox.send = away
    with pytest.raises(MailUnavailable):
        await house.handler(Item("evt_1"))


def test_what_is_personal_stays_out_of_repr():
    assert "ada" not in repr(REQUEST)
    assert "123456" not in repr(REQUEST)
