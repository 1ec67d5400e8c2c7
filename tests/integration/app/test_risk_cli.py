"""``limen risk …``."""

from tests.integration.app.test_cli import environment, limen

__all__ = ["environment", "limen"]


def test_a_replay_of_nothing_says_so_and_bad_thresholds_are_one_clear_line(limen) -> None:
    limen("admin", "create", "--email", "ann@example.com")
    done = limen("risk", "what-if", "--challenge", "10")
    assert (done.returncode, done.stdout) == (0, "no decisions in that time\n")
    done = limen("risk", "what-if", "--challenge", "1001")
    assert done.returncode == 2
    assert "risk.challenge: out of bounds" in done.stderr
