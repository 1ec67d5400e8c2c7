"""Which addresses lead to one mailbox, and which domains look like somebody else's."""

import pytest

from limen.trust.fraud.families import family_of, siblings_of
from limen.trust.fraud.look_alikes import WELL_KNOWN, is_one_off, likeness_of


@pytest.mark.parametrize(
    ("typed", "family"),
    [
        ("Ann+2@example.com", "ann@example.com"),
        ("+@example.com", "+@example.com"),
        ("a.n.n+x@googlemail.com", "ann@gmail.com"),
        ("a.n.n@example.com", "a.n.n@example.com"),
        ("a-n_n.@pm.me", "ann@proton.me"),
        ("ann-shop@yahoo.com", "ann@yahoo.com"),
        ("ann+shop@icloud.com", "ann@icloud.com"),
        ("shop@ann.fastmail.com", "ann@fastmail.com"),
        ("ann@mail.example.com", "ann@mail.example.com"),
        ("...@gmail.com", "...@gmail.com"),
    ],
)
def test_a_mailbox_under_many_names_is_one_family(typed, family) -> None:
    assert family_of(typed) == family


def test_names_that_are_counted_up_are_siblings() -> None:
    assert siblings_of("ann.lee7@example.com") == siblings_of("annlee_12@example.com") == "annlee@example.com"
    assert siblings_of("4711@example.com") == ""


@pytest.mark.parametrize(
    ("domain", "likeness"),
    [
        ("gmial.com", "mistyped"),
        ("gmai.com", "mistyped"),
        ("gmaill.com", "mistyped"),
        ("gmail.con", "mistyped"),
        ("hotmail.fr", ""),  # theirs
        ("gmail.de", ""),
        ("mail.com", ""),
        ("gmx.de", ""),
        ("wab.de", ""),  # short names are one letter away from too much
        ("example.com", ""),
        ("grnail.com", "imitated"),
        ("gma1l.com", "imitated"),
        ("xn--gmal-nza.com", "imitated"),  # a dotless i
        ("xn--mail-2of.ru", "imitated"),  # with a mark that hardly shows
        ("xn--broken-.com", ""),
        ("localhost", ""),
    ],
)
def test_a_domain_that_looks_like_a_well_known_one_is_told(domain, likeness) -> None:
    assert likeness_of(domain) == likeness
    assert all(not likeness_of(one) for one in WELL_KNOWN)


def test_letters_of_another_script_are_no_slip() -> None:
    assert likeness_of("xn--" + "gm\u0430il".encode("punycode").decode() + ".com") == "imitated"


@pytest.mark.parametrize(
    ("typed", "near"),
    [("gmail", False), ("gmal", True), ("gmaail", True), ("gmeil", True), ("gamil", True), ("gmailx", True),
     ("gamal", False), ("mail", True), ("x", False), ("gmailxy", False)],
)  # fmt: skip
def test_a_slip_is_one_letter(typed, near) -> None:
    assert is_one_off(typed, "gmail") is near
