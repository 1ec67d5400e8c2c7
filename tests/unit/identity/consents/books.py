"""A small ledger in memory, and its export, as they are made: with a real key."""

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from limen.access.jose.jwk import public_jwk, thumbprint
from limen.identity.audit.lines import line
from limen.identity.consents.chain import Checkpoint, Head, Place, next_checkpoint, placed, signed_bytes
from limen.identity.consents.export import checkpoint_fields, header, record_line, texts_of
from limen.identity.consents.purposes import Basis, Channel, Kind, Purpose, Terms, Text, Version, text_hash
from limen.identity.consents.records import ConsentDecision, ConsentRecord, Decision, recorded
from limen.identity.consents.sequence import LedgerSigner
from limen.identity.consents.tree import root_of
from limen.identity.consents.witness import kept_fields
from limen.kernel.ids import CustomerId, PurposeId, RecordId, TenantId

TENANT = TenantId("ten_1")
ABOUT = {"tenant": str(TENANT), "issuer": "https://id.example"}
NOW = 1_760_000_000_000_000


def signer(seed: int = 1) -> LedgerSigner:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    jwk = public_jwk(key)
    return LedgerSigner(thumbprint(jwk), "EdDSA", jwk, key.sign)


def purpose(**terms) -> Purpose:
    texts = {"en": Text("News", "We write to you.\n\nOnce a week."), "de": Text("Neues", "Wir schreiben Ihnen: äöü")}
    said = Terms(**{"texts": texts, "data": ("email",), "clients": ("shop",), "basis": Basis.CONSENT, **terms})
    return Purpose(PurposeId("pur_1"), "news", Kind.MARKETING, Channel.EMAIL, "", Version(1, said, NOW), 1, NOW)


def decision(number: int = 0, **changes) -> ConsentDecision:
    words = text_hash("news", 1, "de", purpose().terms.texts["de"])
    made = ConsentDecision(CustomerId(f"cus_{number}"), "news", "", ("email",), Decision.GIVEN, words, "de", version=1)
    return replace(made, **changes)


def records(count: int) -> list[ConsentRecord]:
    return [recorded(TENANT, RecordId(f"rec_{n}"), NOW + n, decision(n)) for n in range(count)]


def other(record: ConsentRecord) -> ConsentRecord:
    """Return a record that says the contrary in the place of *record*."""
    return recorded(TENANT, record.id, record.at, replace(record.decision, decision=Decision.REFUSED))


class Book:
    """Records, placed and signed in batches."""

    def __init__(self, *batches: int, seed: int = 1, since: int = 0) -> None:
        """Sign with the key of *seed*; records differ from number *since* (from 0) on, where that is given."""
        self.records = records(sum(batches))
        if since:
            self.records[since:] = [other(record) for record in self.records[since:]]
        self.places: list[Place] = []
        self.checkpoints: list[Checkpoint] = []
        self.signer = signer(seed)
        for size in batches:
            self._sign(size)

    def _sign(self, size: int) -> None:
        head = Head(len(self.places), self.places[-1].hash) if self.places else Head()
        batch = self.records[head.size : head.size + size]
        self.places += placed(head, [(record.id, record.leaf) for record in batch])
        root = root_of([place.leaf for place in self.places])
        last = self.checkpoints[-1] if self.checkpoints else None
        fresh = next_checkpoint(last, Head(len(self.places), self.places[-1].hash), root, TENANT, NOW)
        fresh = replace(fresh, kid=self.signer.kid)
        self.checkpoints.append(replace(fresh, signature=self.signer.sign(signed_bytes(fresh))))

    def kept(self) -> list[bytes]:
        """Return the line of each checkpoint that a witness keeps."""
        return [line(kept_fields(ABOUT["issuer"], one, self.signer.public_jwk)) for one in self.checkpoints]

    def lines(self) -> list[bytes]:
        texts = texts_of(purpose(), purpose().current)
        last = self.checkpoints[-1] if self.checkpoints else None
        found = [header(ABOUT, last, [hashed for hashed, _ in texts], self.signer, NOW), *(one for _, one in texts)]
        after = 0
        for checkpoint in self.checkpoints:
            batch = slice(after, checkpoint.size)
            found += [record_line(p, r) for p, r in zip(self.places[batch], self.records[batch], strict=True)]
            found.append(line(checkpoint_fields(checkpoint)))
            after = checkpoint.size
        return found
