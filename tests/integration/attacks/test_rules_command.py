"""``limen threats …``: rules tried on the audit log of a house, files that hold no rules, and the set of a list."""

import pytest

from limen.app.cli.threats import _build, _rules, _tested
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured
from limen.trust.threats.sets import CompactSet, fingerprint
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio
ANN, WRONG = "ann@example.com", "wrong horse battery staple"
RULES = """
- name: from-there
  when: country == 'US'
  then: notify
- name: failing
  when: action == 'sign_in' && failures_address >= 1
  then: challenge
- name: beyond
  when: disposable
  then: deny
  mode: shadow
"""


def rows(printed):
    """The table, by the name of the rule: then, sign-ins, failures, sign-ups, undecided."""
    return {line.split()[0]: line.split()[2:] for line in printed.splitlines()[2:]}


async def test_rules_of_a_file_and_those_in_force_are_tried_on_the_log(house, tmp_path, capsys):
    await house.walker(address="8.8.8.8").sign_up(ANN, PASSWORD)
    for _ in range(2):
        await house.walker(address="198.51.100.9").sign_in(ANN, WRONG)
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    capsys.readouterr()
    await _tested(house.basis.settings, "default", _rules(file), 100)
    printed = capsys.readouterr().out
    assert printed.startswith("4 records, 0 of them sealed for good\n")
    assert rows(printed) == {
        "from-there": ["notify", "1", "0", "1", "0"],
        "failing": ["challenge", "0", "1", "0", "0"],
        "beyond": ["deny", "0", "0", "0", "4"],
    }
    assert "audit.personal_opened" in await house.events()
    capsys.readouterr()
    await _tested(house.basis.settings, "default", None, 1)
    printed = capsys.readouterr().out
    assert printed.startswith("1 records")
    assert rows(printed)["listed-and-failing"][0] == "deny"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: {", "holds no rules"),
        ("- {name: a, when: 'failures >= 2', then: deny}", "there is no fact failures"),
        ("- {name: A B, when: attack, then: deny}", "rules.0.name: pattern.name_invalid"),
        ("- {name: a, when: attack, then: shout}", "holds no rules"),
    ],
)
def test_what_is_no_rule_is_one_clear_line(tmp_path, text, said):
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=said):
        _rules(file)
    with pytest.raises(Misconfigured, match="holds no rules"):
        _rules(tmp_path / "none.yaml")


def test_a_list_becomes_the_set_that_servers_take_with_progress_and_under_two_bytes_each(tmp_path, capsys):
    file = tmp_path / "list.txt"
    file.write_text("".join(f"password-{number}\n" for number in range(20_000)))
    count, each, target = _build(Settings(data_dir=str(tmp_path)), file, None, (1, b""))
    assert (count, target, float(each) <= 2) == (20_000, tmp_path / "passwords.set", True)
    assert "20,000" in capsys.readouterr().err
    assert fingerprint(b"password-7") in CompactSet.open(target)
