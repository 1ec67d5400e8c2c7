"""The metadata of the FIDO Alliance: who may sign it, and what one bad entry does to the rest."""

import datetime as dt
import json

import pytest

from limen.access.passkeys.metadata import BadMetadata, read_blob
from limen.access.passkeys.trust import Metadata, Model
from limen.kernel.clock import DAY, SECOND
from limen.kernel.encoding import b64url, from_b64url
from tests.support.attestation import MODEL_ID, Maker
from tests.support.fido_metadata import Service, entry, old_entry

NOW = int(dt.datetime(2026, 11, 1, tzinfo=dt.UTC).timestamp()) * SECOND
OTHER = "00000000-0000-0000-0000-000000000001"
SERVICE, MAKER = Service(), Maker()


def read(data, service=SERVICE, at=NOW):
    return read_blob(data, [service.root], at)


def test_models_are_known_by_their_names_and_roots():
    blob = read(SERVICE.blob(entry(roots=(MAKER.root,)), no=7, due="2026-12-01"))
    model = blob.metadata.models[MODEL_ID]
    assert (model.name, model.roots, model.is_sound) == ("A Key", (MAKER.root,), True)
    assert (blob.number, blob.left_out) == (7, 0)
    assert blob.next_update == NOW + 30 * DAY


@pytest.mark.parametrize(
    "status",
    [
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    ],
)
def test_a_model_that_something_was_said_against_is_not_sound(status):
    blob = read(SERVICE.blob(entry(status=status), entry()))  # said twice: the bad stands
    assert not blob.metadata.models[MODEL_ID].is_sound


@pytest.mark.parametrize("status", ["FIDO_CERTIFIED_L2", "UPDATE_AVAILABLE", "NOT_FIDO_CERTIFIED", "A_NEW_WORD"])
def test_other_reports_say_nothing_against_it(status):
    assert read(SERVICE.blob(entry(status=status))).metadata.models[MODEL_ID].is_sound


@pytest.mark.parametrize(
    "bad",
    [
        7,
        None,
        [],
        {"aaguid": "no such thing", "statusReports": [], "timeOfLastStatusChange": "2024-01-01"},
        {"aaguid": OTHER},
        entry(OTHER, timeOfLastStatusChange="yesterday"),
        entry(OTHER, statusReports=[7]),
        {**entry(OTHER), "metadataStatement": {"description": "too little"}},
        entry(OTHER, roots=(b"no certificate",)),
    ],
)
def test_one_bad_entry_is_left_out_and_fails_no_other(bad):
    blob = read(SERVICE.blob(entry(name="First"), bad, entry(OTHER[:-1] + "2")))
    assert set(blob.metadata.models) == {MODEL_ID, OTHER[:-1] + "2"}
    assert blob.left_out == 1


def test_older_devices_have_no_aaguid_and_are_known_by_their_certificates():
    blob = read(SERVICE.blob(old_entry("ab" * 20, "cd" * 20, name="Old", roots=(MAKER.root,)), entry()))
    assert (len(blob.metadata.models), blob.left_out) == (1, 0)
    assert set(blob.metadata.certified) == {"ab" * 20, "cd" * 20}
    assert blob.metadata.certified["ab" * 20] == Model("Old", (MAKER.root,), in_hardware=True)


def test_one_that_was_reported_is_not_made_sound_by_another_entry():
    blob = read(SERVICE.blob(old_entry("ab" * 20, status="REVOKED"), old_entry("ab" * 20)))
    assert not blob.metadata.certified["ab" * 20].is_sound


def test_what_speaks_no_webauthn_is_passed_over():
    uaf = {key: value for key, value in entry().items() if key != "aaguid"}
    blob = read(SERVICE.blob({**uaf, "aaid": "0013#0001"}))
    assert (blob.metadata, blob.left_out) == (Metadata(), 0)


@pytest.mark.parametrize(
    ("kept", "is_kept"),
    [
        (["hardware"], True),
        (["hardware", "secure_element", "remote_handle"], True),
        (["tee"], True),
        (["software"], False),
        (["software", "tee"], False),
        (["remote_handle"], False),
        ([], False),
    ],
)
def test_keys_are_in_hardware_where_the_statement_says_so(kept, is_kept):
    said = entry()
    said["metadataStatement"]["keyProtection"] = kept
    assert read(SERVICE.blob(said)).metadata.models[MODEL_ID].in_hardware is is_kept


def _changed(data, part, change):
    parts = data.decode().split(".")
    said = json.loads(from_b64url(parts[part]))
    change(said)
    parts[part] = b64url(json.dumps(said).encode())
    return ".".join(parts).encode()


FORGERIES = {
    "another root": lambda: Service().blob(entry()),
    "changed content": lambda: _changed(SERVICE.blob(entry()), 1, lambda said: said.update(no=99)),
    "no chain": lambda: _changed(SERVICE.blob(entry()), 0, lambda said: said.update(x5c=[])),
    "no algorithm": lambda: _changed(SERVICE.blob(entry()), 0, lambda said: said.update(alg="none")),
    "a secret for a key": lambda: _changed(SERVICE.blob(entry()), 0, lambda said: said.update(alg="HS256")),
    "another algorithm": lambda: _changed(SERVICE.blob(entry()), 0, lambda said: said.update(alg="RS256")),
    "cut off": lambda: SERVICE.blob(entry())[:-20],
    "no JWT": lambda: b"<html>",
    "empty": lambda: b"",
    "deep": lambda: b64url(b'{"x":' + b"[" * 100_000).encode() + b".e30.AA",
    "no number": lambda: SERVICE.blob(entry(), no="x"),
    "no date": lambda: SERVICE.blob(entry(), due="soon"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_blob_that_nobody_trusted_signed_is_refused_whole(what):
    with pytest.raises(BadMetadata):
        read(FORGERIES[what]())


def test_certificates_count_as_they_stood_when_the_blob_came():
    service = Service(leaf_until=dt.datetime(2026, 10, 1, tzinfo=dt.UTC))
    data = service.blob(entry())
    with pytest.raises(BadMetadata):
        read(data, service)
    assert read(data, service, NOW - 60 * DAY).metadata.models


def test_an_authority_signs_no_metadata():
    service = Service(leaf_is_authority=True)
    with pytest.raises(BadMetadata):
        read(service.blob(entry()), service)
