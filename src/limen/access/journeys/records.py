"""A journey, as the steps see it and as the database does."""

from enum import StrEnum

import msgspec

from limen.access.factors.phone import Phone
from limen.access.factors.totp import Totp
from limen.access.sessions.records import Evidence
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, JourneyId
from limen.kernel.masked import Masked


class Path(StrEnum):
    """Where the person is heading. They may change it while nothing is proven."""

    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    RECOVER = "recover"


class Challenge(msgspec.Struct, frozen=True):
    """A code and a link that were mailed.

    ``code`` is empty where the mail holds none, because the address is not what the person thinks: no answer is right
    then.
    """

    code: str
    sent_at: Instant
    expires_at: Instant
    tries_left: int
    sends_left: int


class Decided(msgspec.Struct, frozen=True):
    """What was decided of a sign-up, in the words of its record: it waits for the account that it leads to."""

    client: str
    outcome: str
    enforced: bool
    probability: float
    score: float
    reasons: tuple[str, ...]
    model: str


class Draft(msgspec.Struct, frozen=True):
    """What a sign-up said before its address is proven: sealed with the journey, gone with it.

    ``decided``: what was decided of it; None where nothing was scored.
    """

    name: str = ""
    password_hash: str = ""
    by_passkey: bool = False
    decided: Decided | None = None


class Task(msgspec.Struct, frozen=True):
    """What a signed-in customer asked to change. It is done behind a fresh proof, and the journey leads back.

    Attributes:
        kind: what is to be done, as the step calls it that does it (``add_app``); empty where the journey signs in.
        target: the identifier of what is to be changed.
        name: its name, to be shown.
    """

    kind: str = ""
    target: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.kind)


class Texted(msgspec.Struct, frozen=True):
    """A code that was sent by short message, and to which phone."""

    phone: Phone
    sent: Challenge


class Second(Masked, msgspec.Struct, frozen=True):
    """What a journey does about second factors.

    Attributes:
        method: the way to prove one that was chosen, a row of ``methods.METHODS``; empty for the first that is held.
        lost: ``yes`` where none is left, of whoever recovers; ``no`` where one was found after all.
        trusts: whether this device shall be trusted once one was proven.
        totp: the app being set up, not confirmed yet.
        codes: recovery codes that were just made, to be shown once.
        sms: the code that was sent to the customer's phone.
        mailed: the code that was mailed as a second step.
        new_phone: the code that was sent to a phone that is being set up.
    """

    method: str = ""
    lost: str = ""
    trusts: bool = False
    totp: Totp | None = None
    codes: tuple[str, ...] = ()
    sms: Texted | None = None
    mailed: Challenge | None = None
    new_phone: Texted | None = None

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Second({self.method!r})"


class Making(msgspec.Struct, frozen=True):
    """What a journey does about making a passkey.

    Attributes:
        is_able: the page said that the browser could make one: it has script, and a device that verifies its user.
        is_due: one is to be made: the sign-up, or whoever lost theirs, chose it in place of a password.
        is_asked: whoever signed in by password was asked, and has answered.
    """

    is_able: bool = False
    is_due: bool = False
    is_asked: bool = False


class Doubt(msgspec.Struct, frozen=True):
    """Why a right proof is not enough, and what is asked for beside it.

    Attributes:
        reason: ``password`` or ``pair``: it is known from a breach; ``away``: that could not be asked; ``attack``: it
            came while others are being tried; ``risk``: it does not look like its customer's.
        asks: the mailbox is to be proven, unless a second factor speaks.
        changes: another password is to be chosen.
        of: the authenticator that is doubted: another has to speak.
        level: what has to, where risk said so (``identity.tenants.risk``).
        notifies: the customer is told of the sign-in.
        is_suspected: what the sign-in shows was counted as an attacker's, until it comes to a session.
    """

    reason: str = ""
    asks: bool = False
    changes: bool = False
    of: str = "pwd"
    level: str = ""
    notifies: bool = False
    is_suspected: bool = False


class Joining(Masked, msgspec.Struct, frozen=True):
    """A merge of two accounts that was chosen, and is to be confirmed: which stays, and what it comes to.

    Attributes:
        stays: ``this``, the journey's own, or ``other``; empty before one was chosen.
        filled: what of the profile is taken over.
        kept: what differs and is not.
        ends: how many factors, applications and passwords end.
        seen: the digest of the plan that was shown.
        asks: the primary addresses of the two, whose mail has to be read first.
        read: those whose code was typed in this journey.
        to: the address that the last code was sent to.
        sent: that code.
    """

    stays: str = ""
    filled: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    ends: dict[str, int] = {}
    seen: str = ""
    asks: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    to: str = ""
    sent: Challenge | None = None

    @property
    def unread(self) -> str:
        """Return the address whose mail is to be read next; empty where all was."""
        return next((address for address in self.asks if address not in self.read), "")

    def not_chosen(self) -> "Joining":
        """Return it before anything was chosen. What was read stays read, and messages do not come back."""
        return Joining(read=self.read, to=self.to, sent=self.sent)

    def __repr__(self) -> str:
        """Show no address and no code."""
        return f"Joining({self.stays!r})"


class JourneyState(Masked, msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a journey knows; sealed as one value under the journey's key.

    Attributes:
        request: the validated authorization request as JSON; empty when the journey leads to the account page.
        email: the normalised address that was typed; not proven.
        customer_id: who this is; set only by proof, or by choosing an account that is signed in at this browser.
        session_id: the session of a chosen account.
        evidence: what this journey proved.
        new_password_due: recovery has proven the address and waits for the password.
        task: what is to be changed, where the account page began it.
        joining: the other account that goes into this one, or this into it.
        back: the page of the account that it began from, below the tenant's prefix; empty for the first.
        second: what it does about second factors.
        passkey: what it does about making a passkey.
        doubt: why the password that was proven is not enough.
        questioned: what the profile lacked was asked for, and answered or skipped.
        agreed: the scopes allowed on the consent page; None before it was asked.
        user_agent: the device that asked, for links opened elsewhere.
        fresh_login: sessions that exist do not count (``prompt=login``, ``max_age``).
        manner: what the page told of the browser and of the one who uses it, as it came (``trust.risk.manner``).
        client: the application by which its customer changes something (:mod:`errands`): no browser opens it.
        led_to_client: of a finished journey, which knows nothing else any more: whether an application was answered.
    """

    path: Path
    request: bytes = b""
    email: str = ""
    draft: Draft = Draft()
    challenge: Challenge | None = None
    customer_id: str = ""
    session_id: str = ""
    evidence: tuple[Evidence, ...] = ()
    new_password_due: bool = False
    task: Task = Task()
    joining: Joining = Joining()
    back: str = ""
    second: Second = Second()
    passkey: Making = Making()
    doubt: Doubt = Doubt()
    questioned: bool = False
    agreed: tuple[str, ...] | None = None
    denied: bool = False
    select_account: bool = False
    fresh_login: bool = False
    locale: str = "en"
    user_agent: str = ""
    manner: str = ""
    client: str = ""
    led_to_client: bool = False

    def __repr__(self) -> str:
        """Show nothing that was typed, and no code."""
        return f"JourneyState({self.path!r})"

    def belonging_to(self, customer_id: str) -> "JourneyState":
        """Return the state with *customer_id* at its head, who has proven themselves or was chosen.

        What was sent to another customer, begun for them or decided by them goes: a code that A was sent proves
        nothing of B, and B's account is not changed by what A began.
        """
        if customer_id == self.customer_id:
            return self
        return msgspec.structs.replace(
            self,
            customer_id=customer_id,
            session_id="",
            evidence=(),
            new_password_due=False,
            task=Task(),
            joining=Joining(),
            second=Second(),
            passkey=Making(is_able=self.passkey.is_able),
            doubt=Doubt(),
            questioned=False,
            agreed=None,
            denied=False,
        )


class Journey(msgspec.Struct, frozen=True):
    """A journey between two steps. ``version`` counts steps taken: a form that carries an older one is stale.

    ``begun_as`` is what its pages call it that were shown while nothing was stored of it; it answers to that for good.
    """

    id: JourneyId
    browser_id: BrowserId
    state: JourneyState
    created_at: Instant
    expires_at: Instant
    version: int = 1
    finished_at: Instant | None = None
    link_hash: bytes | None = None
    begun_as: JourneyId | None = None

    @property
    def name(self) -> JourneyId:
        """Return what its pages call it."""
        return self.begun_as or self.id


class SealedJourney(msgspec.Struct, frozen=True):
    """A journey as stored. ``link_hash`` is a look-up index for the link in the mail."""

    id: JourneyId
    browser_id: BrowserId
    sealed_state: bytes
    link_hash: bytes | None
    created_at: Instant
    expires_at: Instant
    version: int
    finished_at: Instant | None
    begun_as: JourneyId | None = None
