"""What is held of a person is told with what it is for, in their language where the tenant has words in it."""

from limen.access.account.held import held
from limen.identity.customers.records import Profile
from limen.identity.profiles.records import ClaimAnnotation, ProfileSettings
from tests.unit.identity.consents.books import purpose

SETTINGS = ProfileSettings(
    attributes={
        "size": {"type": "integer", "limen": {"title": {"en": "Shoe size", "de": "Schuhgröße"}, "purpose": "Fitting"}},
        "taste": {"type": "string", "limen": {"while_allowed": "news"}},
        "risk": {"type": "string", "limen": {"customer": "nothing", "purpose": "Fraud"}},
        "plain": {"type": "string"},
        "absent": {"type": "string", "limen": {"purpose": "Nothing"}},
    },
    claims={
        "birthdate": ClaimAnnotation(purpose="news"),
        "gender": ClaimAnnotation(customer="nothing", purpose="Salutation"),
        "website": ClaimAnnotation(purpose="Nobody said one"),
        "nickname": ClaimAnnotation(),
        "middle_name": ClaimAnnotation(while_allowed="news"),
    },
)
PROFILE = Profile(
    birthdate="1990",
    gender="f",
    nickname="x",
    middle_name="y",
    attributes={"size": 42, "taste": "red", "risk": "low", "plain": "p"},
)


def told(**more):
    found = held(SETTINGS, PROFILE, {"news": purpose()}, "de", **more)
    return {one.name: (one.label, one.purpose, one.language) for one in found}


def test_each_kind_has_its_purpose_by_the_title_that_customers_know():
    title = purpose().terms.texts["de"].title
    shown = {
        "birthdate": ("", title, "de"),
        "middle_name": ("", title, "de"),
        "attributes.size": ("Schuhgröße", "Fitting", ""),
        "attributes.taste": ("taste", title, "de"),
        "attributes.plain": ("plain", "", ""),
    }
    assert told(is_shown=True) == shown
    assert told() == shown | {"gender": ("", "Salutation", ""), "attributes.risk": ("risk", "Fraud", "")}
