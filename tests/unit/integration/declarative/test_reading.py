"""Documents: what is read, and that each mistake is named with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.clients.records import AuthMethod
from limen.integration.declarative import Document, load
from limen.kernel.errors import Invalid

GOOD = """
tenant: {slug: acme, name: Acme, settings: {sign_up_open: false}}
clients:
  - client_id: shop
    name: Shop
    secret: {env: SHOP_SECRET}
    redirect_uris: ["https://shop.example/callback"]
    token_endpoint_auth_method: client_secret_post
"""


def test_a_document_is_read_with_defaults_for_what_it_leaves_out():
    document = load(GOOD)
    assert isinstance(document, Document)
    assert (document.version, document.tenant.slug, document.tenant.settings.sign_up_open) == (1, "acme", False)
    [client] = document.clients
    assert client.document().client_name == "Shop"
    assert client.document().token_endpoint_auth_method is AuthMethod.POST
    assert client.document().require_consent is True


def test_an_empty_document_is_about_the_default_tenant():
    assert load("").tenant.slug == "default"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("colour: red", "line 1", "unknown field `colour`"),
        ("clients:\n- client_id: a\n  scopes: openid", "line 3, clients[0].scopes", "array"),
        ("clients:\n- client_id: a\n  grant_types: [password]", "clients[0].grant_types", "password"),
        ("clients:\n- client_id: a\n  secret: in-the-clear", "line 3, clients[0].secret", "object"),
        ("clients:\n- client_id: a\n  secret: {env: A, file: b}", "line 3, clients[0].secret", "either"),
        ("clients:\n- client_id: a\n  secret: {}", "line 3", "either"),
        ("clients:\n- client_id: a\n- client_id: a", "line 3, clients[1].client_id", "another client"),
        ("clients:\n- name: a", "line 2, clients[0]", "client_id"),
        ("version: 2", "line 1, version", "2"),
        ("tenant: {slug: a}\ntenant: {slug: b}", "line 2", "twice"),
        ("a: &x 1\nb: *x", "line 1", "anchors"),
        ("a: !!python/object:os.system {}", "line 1", "tags"),
        ("? [a]\n: b", "line 1", "text"),
        ("- 1\n- 2", "line 1", "object"),
        ("a: [", "line", "not YAML"),
        ("a: \x00", "document", "not YAML"),
        ("a: " + "[" * 30 + "]" * 30, "line 1", "deep"),
        ("x" * 1_048_577, "document", "longer"),
    ],
)
def test_each_mistake_is_named_with_its_place(text, where, what):
    refused = load(text)
    assert isinstance(refused, Invalid)
    [(place, sentence)] = refused.fields.items()
    assert where in place
    assert what in sentence


@given(st.text())
def test_no_text_raises(text):
    assert isinstance(load(text), Document | Invalid)
