"""A change of one's own account that takes more than one request, and what begins and answers it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from limen.access.factors.recovery import grouped
from limen.access.journeys.errands import Errand
from limen.access.journeys.views import StepView
from limen.integration.api.models.common import Bool, Moment, Sent, Shown, Str, moment

Kind = Literal[
    "change_password",
    "change_email",
    "add_email",
    "add_number",
    "add_phone",
    "add_app",
    "add_passkey",
    "add_security_key",
    "add_mailed_codes",
    "new_codes",
]
Number = Annotated[
    Str, Field(min_length=3, max_length=40, description="As it is written where the tenant is, or E.164.")
]


class OwnEmailSent(Sent):
    """An address to be proven by the code that is mailed to it."""

    email: Annotated[Str, Field(min_length=3, max_length=254)]
    primary: Bool = Field(default=False, description="Whether it takes the place of the primary address, which goes.")


class OwnPhoneSent(Sent):
    """A number to be proven by the code that is sent to it."""

    number: Number


class PasswordSent(Sent):
    """Another password. It is judged as on the account page."""

    password: Annotated[Str, Field(min_length=1, max_length=1_024)]


class FactorSent(Sent):
    """What is to be set up.

    `totp` is an authenticator app; `passkey` signs in alone; `security_key` is a second factor; `phone` has codes sent
    to `number`, `email` to the primary address.
    """

    kind: Literal["totp", "passkey", "security_key", "phone", "email"]
    number: Number | None = Field(default=None, description="Of a `phone` alone.")


class AnswerSent(Sent):
    """What a change waits for: the code that was sent or that an app shows, or what an authenticator made."""

    code: Annotated[Str, Field(min_length=1, max_length=64)] | None = None
    credential: dict[str, Any] | None = Field(
        default=None, description="`RegistrationResponseJSON` (WebAuthn level 3, §5.1.8)."
    )
    name: Annotated[Str, Field(max_length=60)] = Field(
        default="", description="What its owner calls an app, a passkey or a security key."
    )


class AppShown(Shown):
    """What an authenticator app is told. Show it to nobody but the customer, and keep it nowhere."""

    uri: str = Field(description="`otpauth://totp/…`, for a QR code or a link.")
    secret: str = Field(description="The same secret to be typed: base32, in groups.")


class ChangeShown(Shown):
    """A change of the account: it waits for an answer, or is done."""

    id: str
    kind: Kind
    state: Literal["waiting", "done"]
    wants: Literal["code", "credential"] | None = Field(description="What the next answer has to bring.")
    expires_at: Moment = Field(description="Until when it can be answered.")
    sent_to: str = Field(description="Where the code went; of a number its last digits. Empty where none was sent.")
    code_expires_in: int = Field(description="For how many seconds that code is good.")
    app: AppShown | None
    creation_options: dict[str, Any] | None = Field(
        description="`PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3, §5.4), for this version of the change."
    )
    recovery_codes: list[str] = Field(description="Codes that were made with it: said this once, and never again.")


def shown_change(errand: Errand) -> ChangeShown:
    """Return a change as it is shown."""
    view = errand.view
    said = _of(view) if view is not None else {}
    return ChangeShown.model_validate(
        {
            "id": errand.journey.id,
            "kind": errand.kind,
            "state": "done" if view is None else "waiting",
            "wants": None,
            "expires_at": moment(errand.journey.expires_at),
            "sent_to": "",
            "code_expires_in": 0,
            "app": None,
            "creation_options": None,
            "recovery_codes": [grouped(code) for code in errand.codes],
            **said,
        }
    )


def _of(view: StepView) -> dict[str, Any]:
    """Return what a step asks for."""
    data = view.data
    if view.name == "passkey":
        return {"wants": "credential", "creation_options": {**data["passkey"], "challenge": view.challenge}}
    if view.name == "authenticator_app":
        return {"wants": "code", "app": {"uri": data["uri"], "secret": data["secret"]}}
    if view.name in {"verify_email", "phone"}:
        to = data["email"] if view.name == "verify_email" else data["to"]
        return {"wants": "code", "sent_to": to, "code_expires_in": data["expires_seconds"]}
    return {}
