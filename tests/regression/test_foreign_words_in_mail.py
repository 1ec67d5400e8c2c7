"""Words of a stranger's in a message that we send."""

import pytest

pytestmark = pytest.mark.anyio


async def test_what_a_browser_calls_itself_is_never_quoted_in_a_mail(house):
    await house.customer("ann@example.com")
    walker = house.walker(user_agent="Firefox; call +43 1 555, http://evil.example/ - Windows")
    await walker.recover("ann@example.com", "another horse battery")
    mail = (await house.mails("ann@example.com"))[-1]
    for word in ("+43", "1 555", "evil."):  # what no token in a link can hold by chance
        assert word not in mail.text + mail.html
    assert "Firefox, Windows" in mail.text
