"""What once went wrong, or nearly did, and must not come back: each test tells the attack in its name."""

from tests.integration.conftest import build_house, house, house_on

__all__ = ["build_house", "house", "house_on"]
