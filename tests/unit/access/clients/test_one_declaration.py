"""A field of a client's metadata is declared once; the API and the declared document follow from it."""

from typing import Annotated

import msgspec
import pytest
from pydantic import ValidationError, create_model

from limen.access.clients.fields import INTERNAL, internal_names, items, number, public_fields, text
from limen.access.clients.records import ClientDocument
from limen.access.clients.validation import validate
from limen.integration.api.models.clients import ClientNew, ClientPatch, ClientShown, applied
from limen.integration.api.models.common import Sent, Shown
from limen.integration.api.models.derived import sent_fields, shown_fields
from limen.integration.declarative.document import DeclaredClient

NAMES = {field.name for field in public_fields(ClientDocument)}
DOCUMENT = ClientDocument(client_name="A shop", redirect_uris=("https://shop.example/cb",))


class Inner(msgspec.Struct, frozen=True):
    seconds: Annotated[int, number(1, 60)] = 5


class Outer(msgspec.Struct, frozen=True):
    name: Annotated[str, text(1, 3, "[a-z]+")]
    tags: Annotated[tuple[Annotated[str, text(1, 2)], ...], items(most=2)] = ()
    inner: Inner = Inner()
    maybe: Annotated[str, text(1, 3)] | None = None
    hidden: Annotated[str, INTERNAL] = ""


Taken = create_model("Taken", __base__=Sent, **sent_fields(Outer))


def test_every_public_field_is_in_every_interface():
    for model in (ClientNew, ClientPatch, ClientShown):
        assert model.model_fields.keys() >= NAMES
    assert set(DeclaredClient.__struct_fields__) >= NAMES - {"client_name"}


def test_hashes_of_secrets_are_in_none():
    assert "secret_hashes" in internal_names(ClientDocument)
    for model in (ClientNew, ClientPatch, ClientShown):
        assert not model.model_fields.keys() & internal_names(ClientDocument)
    assert not set(DeclaredClient.__struct_fields__) & internal_names(ClientDocument)


def test_defaults_are_those_of_the_declaration():
    assert ClientNew(client_name="A shop").document() == ClientDocument(client_name="A shop")
    assert DeclaredClient(client_id="a").document() == ClientDocument(client_name="a")


def test_a_patch_keeps_what_it_does_not_name_and_what_is_internal():
    before = msgspec.structs.replace(DOCUMENT, secret_hashes=("00",))
    assert applied(before, ClientPatch(disabled=True)) == msgspec.structs.replace(before, disabled=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "abcd"},
        {"name": "A"},
        {"name": 1},
        {"name": "a", "tags": ["a", "b", "c"]},
        {"name": "a", "tags": ["abc"]},
        {"name": "a", "inner": {"seconds": 61}},
        {"name": "a", "inner": {"minutes": 1}},
        {"name": "a", "maybe": "abcd"},
        {"name": "a", "hidden": "x"},
    ],
)
def test_what_a_type_says_the_model_holds_to(wrong):
    assert Taken.model_validate({"name": "a", "tags": ["x"], "inner": {"seconds": 60}, "maybe": None})
    with pytest.raises(ValidationError):
        Taken.model_validate(wrong)


def test_what_is_stored_is_shown_and_not_judged():
    model = create_model("ShownOuter", __base__=Shown, **shown_fields(Outer))
    stored = {"name": "far too long", "tags": [], "inner": {"seconds": 99}, "maybe": None}
    assert model.model_validate(stored).model_dump(mode="json") == stored


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        ({"redirect_uris": tuple(f"https://shop.example/{n}" for n in range(51))}, "redirect_uris", "list.too_long"),
        ({"redirect_uris": ("https://shop.example/",) * 2}, "redirect_uris", "list.repeated"),
        ({"client_uri": "https://shop.example/" + "a" * 2_000}, "client_uri", "redirect_uri.too_long"),
        ({"scopes": ("a" * 129,)}, "scopes.0", "scope.invalid"),
        ({"grant_types": ()}, "grant_types", "grant_types.empty"),
        ({"client_name": "a\nb"}, "client_name", "client_name.invalid"),
    ],
)
def test_rules_hear_the_declared_bounds_too(change, place, what):
    assert validate(DOCUMENT) is None
    refusal = validate(msgspec.structs.replace(DOCUMENT, **change))
    assert refusal is not None
    assert refusal.fields[place] == what
