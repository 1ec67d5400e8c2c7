"""What came of one attack: what it reached, what it cost whoever made it, and whom it disturbed."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from bench.attacks.browser import Browser
from bench.attacks.crowd import Crowd


@dataclass
class Result:
    """What came of one attack.

    Attributes:
        valid: right pairs that were tried.
        taken: accounts that were got into, or made.
        hashes: passwords that the server hashed meanwhile, those of customers too.
        worked: seconds of the attacker's processor that proofs took; ``proofs`` how many.
        waits: seconds that answers told the attacker to wait, all together.
        mailed: codes that went to mailboxes because of it.
    """

    scene: str
    outcomes: Counter[str] = field(default_factory=Counter)
    valid: int = 0
    taken: int = 0
    hashes: int = 0
    seconds: float = 0.0
    worked: float = 0.0
    proofs: int = 0
    waits: int = 0
    mailed: int = 0
    addresses: set[str] = field(default_factory=set)
    crowd: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def tries(self) -> int:
        """Return how many tries were made."""
        return sum(self.outcomes.values())

    @property
    def compared(self) -> int:
        """Return how many of them reached a check of a password or a code, or were sent one."""
        return sum(self.outcomes[name] for name in ("session", "challenged", "wrong"))

    def note(self, browser: Browser, outcome: str, *, valid: bool = False, taken: bool = False) -> None:
        """Note one try of *browser*, and take over what it cost so far."""
        with self.lock:
            self.outcomes[outcome] += 1
            self.valid += valid
            self.taken += taken
            self.addresses.add(browser.address)
            self.worked += browser.worked
            self.proofs += browser.proofs
            self.waits += browser.waits
            browser.worked, browser.proofs, browser.waits = 0.0, 0, 0

    def seen(self, crowd: Crowd) -> None:
        """Note how customers fared."""
        names = ("came", "disturbed", "failed", "worked", "joined", "hindered")
        self.crowd = {name: getattr(crowd, name) for name in names}

    def record(self) -> dict[str, Any]:
        """Return what is written of it."""
        came, joined = self.crowd.get("came", 0), self.crowd.get("joined", 0)
        return {
            "scene": self.scene,
            "tries": self.tries,
            "compared": self.compared,
            "outcomes": dict(self.outcomes),
            "valid_pairs": self.valid,
            "accounts_taken": self.taken,
            "stopped": round(1 - self.taken / self.valid, 4) if self.valid else None,
            "codes_mailed": self.mailed,
            "password_hashes_of_all": self.hashes,
            "seconds": round(self.seconds, 1),
            "attacker_cost": {
                "proofs": self.proofs,
                "cpu_seconds_on_proofs": round(self.worked, 2),
                "seconds_told_to_wait": self.waits,
                "addresses": len(self.addresses),
            },
            "legitimate_sign_ins": came,
            "disturbed": self.crowd.get("disturbed", 0),
            "disturbed_share": round(self.crowd["disturbed"] / came, 4) if came else None,
            "legitimate_failed": self.crowd.get("failed", 0),
            "legitimate_whose_browser_worked": self.crowd.get("worked", 0),
            "legitimate_sign_ups": joined,
            "sign_ups_hindered": self.crowd.get("hindered", 0),
        }
