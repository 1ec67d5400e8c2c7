"""The board of privacy requests as pages: who waits, the most urgent first, and one press to what is done about it."""

import pytest

from limen.experience.pages.console.requests import ROWS
from limen.identity.administrators import SYSTEM
from limen.identity.rights.records import Law, RequestKind
from limen.identity.rights.requests import Asked, Requests
from limen.kernel.clock import DAY
from tests.support.house import PASSWORD, open_part, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
BOARD = "/admin/privacy"


def rights(house, tenant=None) -> Requests:
    database = house.storage.database
    keyring = house.basis.keyring
    return Requests(
        (tenant or house.tenant).id, database.begin, database.read, keyring, house.clock, house.basis.entropy
    )


async def ask(house, customer_id, *, days=0, kind=RequestKind.OBJECTION, law=Law.GDPR, tenant=None):
    words = "<b>Stop</b>"
    asked = Asked(customer_id, kind, law, words, house.clock.now() - days * DAY)
    return await rights(house, tenant).ask(asked, "customer", SYSTEM)


async def test_who_waits_longest_is_first_and_one_press_leads_to_what_is_done_about_it(house, boss):
    ann = await house.customer(ANN)
    late = await ask(house, ann.id, days=31)
    await ask(house, ann.id, kind=RequestKind.EXPORT, law=Law.CCPA)
    page = await boss.get("/admin")
    assert BOARD in page.text
    page = await boss.get(BOARD)
    assert (page.status, page.h1) == (200, says("board.title"))
    assert page.text.index(says("board.kind.objection")) < page.text.index(says("board.kind.export"))
    assert page.text.count(says("board.overdue")) == 1
    assert all(word in page.text for word in (says("board.law.ccpa"), "ann@example.com"))
    assert f'href="{BOARD}/{late.id}"' in page.text
    page = await boss.get(f"{BOARD}/{late.id}")
    assert (page.status, page.h1) == (200, says("board.kind.objection"))
    assert "&lt;b&gt;Stop&lt;/b&gt;" in page.text
    page = await boss.post(page, intent="start", answer="We\r\nlook.")
    assert (page.path, says("rights.state.working") in page.text, "We\nlook." in page.text) == (
        f"{BOARD}/{late.id}",
        True,
        True,
    )
    bad = await boss.post(page, intent="extend", answer="Later.")  # nobody extends what is late
    assert (bad.status, says("error.board_over") in bad.text, "Later." in bad.text) == (400, True, True)
    bad = await boss.post(page, intent="complete", answer="a\u202eb")
    assert (bad.status, says("error.privacy_words_invalid") in bad.text) == (400, True)
    assert (await boss.post(page, intent="burn")).status == 400
    page = await boss.post(page, intent="complete", answer="Stopped.")
    assert (page.status, page.forms) == (200, [])
    assert late.id not in (await boss.get(BOARD)).text
    assert late.id in (await boss.get(f"{BOARD}?state=over")).text
    done = [open_part(one) for one in await house.audit()]
    [actor] = [one["actor"] for one in done if one["event"] == "privacy_request.completed"]
    assert actor.startswith("admin:cus_")


async def test_the_board_goes_on_behind_its_last_row(house, boss):
    for number in range(ROWS + 1):
        customer = await house.customer(f"u{number}@example.com", password=None)
        await ask(house, customer.id, days=number)
    page = await boss.get(BOARD)
    assert page.text.count('<a class="row"') == ROWS
    following = page.text.partition('rel="next" href="')[2].partition('"')[0]
    page = await boss.get(following.replace("&amp;", "&"))
    assert page.text.count('<a class="row"') == 1
    assert "u0@example.com" in page.text
    for odd in ("?after=x", "?after=prq_00000000000000000000000000", "?state=%00", "/x", "/prq_" + "0" * 26):
        assert (await boss.get(BOARD + odd)).status in {200, 404}


async def test_nobody_else_sees_or_moves_it(house, boss):
    ann = await house.customer(ANN)
    request = await ask(house, ann.id)
    other = await house.add_tenant("other")
    zoe = await house.customer("zoe@example.com", tenant=other)
    foreign = await ask(house, zoe.id, tenant=other)
    assert (await boss.get(f"{BOARD}/{foreign.id}")).status == 404
    walker = house.walker()
    assert (await walker.get(BOARD)).h1 == says("sign_in.title")
    await walker.sign_in(ANN, PASSWORD)
    for path in (BOARD, f"{BOARD}/{request.id}"):
        assert (await walker.get(path)).status == 403
    page = await boss.get(f"{BOARD}/{request.id}")
    page.forms[0].fields["csrf"] = "0" * 40
    assert (await boss.post(page, intent="refuse")).status == 403
    assert (await rights(house).get(request.id)).version == 1
