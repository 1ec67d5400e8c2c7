"""Nobody takes administration away from a tenant by calling its scopes their own."""

from limen.access.resources.records import ResourceDocument
from limen.access.resources.validation import validate_resource


def test_no_resource_server_claims_an_administrative_scope():
    document = ResourceDocument(identifier="https://api.example", name="Mine", scopes=("orders", "limen:clients:write"))
    refused = validate_resource(document)
    assert refused is not None
    assert dict(refused.fields) == {"scopes.1": "scopes.beyond_your_authority"}
