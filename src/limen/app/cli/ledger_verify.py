"""``limen ledger verify``: a file, and what a witness kept; no database, no settings, no secret."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

from cyclopts import Parameter

from limen.app.cli.options import thumbprint_of
from limen.kernel.errors import Misconfigured

if TYPE_CHECKING:  # loaded by the command itself
    from limen.identity.audit.lines import KeyReader
    from limen.identity.audit.verify import Broken
    from limen.identity.consents.chain import Checkpoint
    from limen.identity.consents.verify import Earlier

_LONGEST: Final = 1_000_000
"""Of a receipt or a proof."""
_NOT_KEPT: Final = "`GET /api/v1/consents/consistency?size=` proves that the ledger begins with one that it holds"


def verify(
    file: Annotated[
        Path, Parameter(help="An exported ledger, a receipt or a proof as the API gives it; `-` for standard input.")
    ],
    /,
    *,
    witness: Annotated[
        Path | None, Parameter(help="Checkpoints kept elsewhere: fail where the file does not hold what they signed.")
    ] = None,
    key: Annotated[str, thumbprint_of("the ledger's key")] = "",
    earlier: Annotated[
        Path | None, Parameter(help="An export of before: fail where this one does not begin with its records.")
    ] = None,
) -> int:
    """Verify an exported consent ledger, a receipt, or a proof. It takes no database, no settings and no secret.

    The status is 1 where something does not hold; the first thing that does not is named.
    """
    from limen.app.consents import key_reader  # noqa: PLC0415

    read_key = key_reader(key)
    kept = _kept(witness, read_key) if witness is not None else None
    held_to = _earlier(earlier, read_key) if earlier is not None else None
    with _opened(file) as content:
        first = content.readline(_LONGEST)
        if first.startswith(b'{"at":'):
            first += b"" if first.endswith(b"\n") else content.readline()  # the hash of each text is in it
            return _ledger(_lines(first, content), read_key, held_to, kept)
        whole = first + content.read(_LONGEST)
    if earlier is not None:
        raise Misconfigured(f"{file} is no exported ledger", "only a ledger can be held to an earlier one")
    return _statement(whole, read_key, kept)


def _ledger(lines: Any, read_key: "KeyReader", earlier: "Earlier | None", kept: "list[Checkpoint] | None") -> int:
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.verify import verify_export  # noqa: PLC0415

    found = verify_export(lines, read_key, earlier, kept or ())
    if isinstance(found, Broken):
        return _broken(found)
    if kept is not None and not found.witnessed:
        raise Misconfigured("the witness's file holds no checkpoint of this ledger", "name the file of its witness")
    counted = f"{found.records} records, {found.checkpoints} checkpoints"
    held = f"; held to {found.witnessed} of the witness's" if kept is not None else ""
    print(f"whole: the ledger of {found.issuer}; {counted}{held}; key {found.kid}")  # noqa: T201
    return 0


def _statement(content: bytes, read_key: "KeyReader", kept: "list[Checkpoint] | None") -> int:
    """Verify a receipt or a proof, which say something of one record or of two checkpoints."""
    from limen.identity.consents.proofs import INCLUSION, read_proof  # noqa: PLC0415

    proof = read_proof(content)
    if proof is None:
        return _receipt(content, read_key, kept)
    return (_inclusion if proof.keys() == INCLUSION else _consistency)(proof, read_key, kept)


def _receipt(content: bytes, read_key: "KeyReader", kept: "list[Checkpoint] | None") -> int:
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.receipt import verify_receipt  # noqa: PLC0415

    found = verify_receipt(content, read_key)
    if isinstance(found, Broken):
        return _broken(found)
    if kept is not None and found.checkpoint is None:
        raise Misconfigured("the receipt names no checkpoint", "fetch it again: its place follows within a second")
    if wrong := found.checkpoint and _against(found.checkpoint, kept):
        return _broken(wrong)
    place = "its place in the ledger is proven" if found.is_placed else "it had no place in the ledger yet"
    print(f"genuine: receipt of {found.record_id} by {found.issuer}; {place}; key {found.kid}")  # noqa: T201
    return 0


def _inclusion(proof: Any, read_key: "KeyReader", kept: "list[Checkpoint] | None") -> int:
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.proofs import verify_inclusion  # noqa: PLC0415

    found = verify_inclusion(proof, read_key)
    if isinstance(found, Broken):
        return _broken(found)
    under = found.under.checkpoint
    if wrong := _against(under, kept):
        return _broken(wrong)
    where = f"number {found.seq} of {under.size} under checkpoint {under.number} of {found.under.issuer}"
    print(f"proven: record {found.record_id} is {where}; key {under.kid}")  # noqa: T201
    return 0


def _consistency(proof: Any, read_key: "KeyReader", kept: "list[Checkpoint] | None") -> int:
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.proofs import verify_consistency  # noqa: PLC0415

    if kept is None:
        raise Misconfigured("a proof of consistency is held to an earlier checkpoint", "--witness names its file")
    found = verify_consistency(proof, read_key, kept)
    if found is None:
        raise Misconfigured("the witness holds no checkpoint of the proof's earlier size", _NOT_KEPT)
    if isinstance(found, Broken):
        return _broken(found)
    before, under = found.earlier, found.under.checkpoint
    grown = f"{under.size} records (checkpoint {under.number}) begin with the {before.size} of checkpoint"
    print(f"proven: the ledger of {found.under.issuer}: its {grown} {before.number}; key {under.kid}")  # noqa: T201
    return 0


def _against(under: "Checkpoint", kept: "list[Checkpoint] | None") -> "Broken | None":
    """Return what a witness has against a checkpoint, where there is a witness.

    Raises:
        Misconfigured: it kept none that this one could be compared with.
    """
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.witness import Witness  # noqa: PLC0415

    if kept is None:
        return None
    witness = Witness(one for one in kept if one.tenant_id == under.tenant_id)
    if wrong := witness.wrong_checkpoint(under):
        return Broken(f"checkpoint {under.number}", wrong)
    if not witness.holds(under):
        raise Misconfigured(f"the witness holds no checkpoint over {under.size} records", _NOT_KEPT)
    return None


def _kept(file: Path, read_key: "KeyReader") -> "list[Checkpoint]":
    """Return what a witness kept, of all tenants."""
    from limen.identity.consents.witness import read_line  # noqa: PLC0415

    with _opened(file) as content:
        lines = [line for line in content.read().splitlines() if line.strip()]
    found = []
    for number, line in enumerate(lines, 1):
        kept = read_line(line, read_key)
        if kept is None:
            hint = "limen ledger checkpoint writes them"
            raise Misconfigured(f"line {number} of the witness's file is no checkpoint that its key signed", hint)
        found.append(kept.checkpoint)
    return found


def _earlier(file: Path, read_key: "KeyReader") -> "Earlier":
    """Return what an earlier export holds this one to; it is verified first."""
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.verify import Earlier, verify_export  # noqa: PLC0415

    with _opened(file) as content:
        found = verify_export(content, read_key)
    if isinstance(found, Broken):
        raise Misconfigured(f"{file} does not verify itself: {found.where}: {found.what}", "take another export")
    return Earlier(found.records, found.root)


def _opened(file: Path) -> Any:
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return file.open("rb")
    except OSError as error:
        raise Misconfigured(
            f"{file} cannot be read: {error.strerror}", "name an export, a receipt or a proof"
        ) from None


def _lines(first: bytes, rest: BinaryIO) -> Any:
    yield first
    yield from rest


def _broken(found: "Broken") -> int:
    print(f"BROKEN at {found.where}: {found.what}")  # noqa: T201
    return 1
