"""What registered resource servers mean for a token that is for one of them, or for several."""

from limen.access.resources.records import ResourceDocument
from limen.access.resources.view import PLAIN, Resources


def server(identifier: str, **document: object) -> ResourceDocument:
    return ResourceDocument(identifier=identifier, name="x", **document)  # type: ignore[arg-type]


A = server("a", scopes=("read", "a"), token_lifetime=60, authorization_details_types=("pay",))
B = server("b", scopes=("read", "b"), token_format="opaque", token_lifetime=90)
C = server("c", token_signing_alg="EdDSA")


def test_nothing_registered_is_nothing_special():
    assert Resources().shape(("a",)) is PLAIN


def test_several_audiences_get_the_shortest_life_and_the_stricter_form():
    shape = Resources((A, B, C)).shape(("a", "b"))
    assert (shape.is_opaque, shape.lifetime, shape.alg) == (True, 60, "")
    assert Resources((A, B, C)).shape(("c", "unknown")).alg == "EdDSA"


def test_scopes_of_others_are_foreign_and_shared_ones_are_not():
    resources = Resources((A, B, C))
    assert resources.shape(("a",)).foreign == {"b"}
    assert resources.shape(("c",)).foreign == {"read", "a", "b"}
    assert resources.shape(("a", "b")).foreign == set()


def test_detail_types_are_limited_only_where_every_audience_says_which():
    resources = Resources((A, B, C))
    assert resources.shape(("a",)).detail_types == {"pay"}
    assert resources.shape(("a", "b")).detail_types is None
    assert resources.shape(("a", "unknown")).detail_types is None


def test_who_may_introspect_is_said_for_each():
    resources = Resources((server("a", introspection_clients=("x",)), B))
    assert resources.may_introspect("x", ("b", "a"))
    assert not resources.may_introspect("x", ("b",))
    assert not resources.may_introspect("y", ("a",))
