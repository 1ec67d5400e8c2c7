"""Attributes, and claims beyond names, as fields of a form."""

from typing import Any, Final

from limen.identity.profiles.claims import LONGEST_NAME, OPTIONAL, Claim
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import SCALARS, annotation, title

LONGEST: Final = 1_000
"""Characters that a form takes for one attribute."""
_PREFIX: Final = "attributes."
_KINDS: Final = {"integer": "number", "number": "number", "boolean": "box"}


def input_name(name: str) -> str:
    """Return what the field of an attribute is called."""
    return f"{_PREFIX}{name}"


def field_of(settings: ProfileSettings, name: str, locale: str) -> dict[str, Any]:
    """Return how an attribute is shown in a form, in the tenant's own words."""
    schema = settings.attributes[name]
    choices = schema.get("enum", [])
    kind = "choice" if choices else "date" if schema.get("format") == "date" else _KINDS.get(schema["type"], "text")
    return {
        "name": input_name(name),
        "kind": kind,
        "label": title(settings, name, locale),
        "choices": [str(choice) for choice in choices],
        "maximum": min(int(schema.get("maxLength", LONGEST)), LONGEST),
    }


def claim_field(name: str) -> dict[str, Any]:
    """Return how a standard claim is shown in a form; its words are the page's own."""
    claim = OPTIONAL.get(name, Claim("name", LONGEST_NAME))
    return {"name": name, "kind": claim.kind, "label": "", "choices": [], "maximum": claim.longest}


def written(value: Any) -> str:
    """Return *value* as it stands in a form."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def own(settings: ProfileSettings) -> dict[str, bool]:
    """Return the attributes that their owner sees in a form: whether they may be written there, by name."""
    found: dict[str, bool] = {}
    for name, schema in settings.attributes.items():
        access = annotation(schema).customer
        if access != "nothing" and schema.get("type") in SCALARS:
            found[name] = access == "write"
    return found
