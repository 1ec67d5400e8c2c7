import pytest

from limen.integration.messaging.mail import MailRejected, OutgoingMail
from limen.integration.messaging.mailbox import DevelopmentMailbox
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


def mail(number, to="ada@example.test"):
    return OutgoingMail(to, f"No. {number}", "text", "", f"<m{number}@example.test>")


async def test_the_newest_comes_first_and_each_is_found_by_its_id():
    clock = ManualClock(start=1_000)
    mailbox = DevelopmentMailbox(clock)
    await mailbox.send(mail(1))
    clock.advance(1)
    await mailbox.send(mail(2))
    newest, oldest = mailbox.list()
    assert (newest.mail.subject, oldest.mail.subject) == ("No. 2", "No. 1")
    assert newest.received_at - oldest.received_at == 1_000_000
    assert mailbox.get(oldest.id) == oldest
    assert mailbox.get("unknown") is None


async def test_a_page_holds_twenty_and_says_where_the_next_begins():
    mailbox = DevelopmentMailbox(ManualClock(start=0))
    for number in range(45):
        await mailbox.send(mail(number))
    listed, mark = [], ""
    for length in (20, 20, 5):
        shown, mark = mailbox.page(mark)
        assert len(shown) == length
        listed += shown
    assert (tuple(listed), mark) == (mailbox.list(), "")
    assert mailbox.page("unknown") == mailbox.page()


async def test_a_full_page_with_nothing_behind_it_is_the_last():
    mailbox = DevelopmentMailbox(ManualClock(start=0))
    assert mailbox.page() == ((), "")
    for number in range(20):
        await mailbox.send(mail(number))
    assert mailbox.page()[1] == ""


async def test_the_oldest_is_forgotten_first():
    mailbox = DevelopmentMailbox(ManualClock(start=0), capacity=3)
    for number in range(5):
        await mailbox.send(mail(number))
    assert [received.mail.subject for received in mailbox.list()] == ["No. 4", "No. 3", "No. 2"]


async def test_what_smtp_would_refuse_is_refused_here_too():
    with pytest.raises(MailRejected):
        await DevelopmentMailbox(ManualClock(start=0)).send(mail(1, to="ada@example.test\r\nBcc: eve@evil.test"))
