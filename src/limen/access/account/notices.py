"""What tells an owner of what was done to their account, with the link *it was not me*."""

from collections.abc import Sequence

from limen.access.account.unit import Owner
from limen.access.safety.messages import Reader, Tell, Words, messages, secure_link
from limen.access.tokens.desk import Desk


def told(  # noqa: PLR0913 - a notice has these parts
    desk: Desk, owner: Owner, template: str, words: Words, to: Sequence[str] = (), *, phone: str = ""
) -> Tell:
    """Seal the message *template* to every address of the owner's, or to these; return what announces it.

    Its link brings the number *phone* back.
    """
    reader = Reader(owner.customer, owner.vault, owner.request.locale, desk.tenant)
    link = secure_link(reader, template, desk.clock, desk.entropy, phone=phone)
    all_words: Words = {
        "at": desk.clock.now(),
        "device": owner.request.user_agent,
        "recover_url": f"{reader.base}/recover",
        "secure_url": link.url if link is not None else "",
        **words,
    }
    made = (desk.entropy, desk.clock)
    return messages(reader, template, all_words, made, [link] if link is not None else [], to)
