"""The audit log: hash-chained, sealed where it is personal, verifiable without us.

Owns the shape of a record, the chain of a segment and the signed checkpoints over all segments. Leaves the writing to
the unit of work and the write group in ``storage``, which put a change and its audit record into one commit.

One segment per (tenant, worker start, lane), so that workers never wait for each other; a segment's first record
names the last checkpoint. A checkpoint is a Merkle tree over the heads of a tenant's segments, linked to the
checkpoint before it and signed, so that dropped or truncated segments show. A record commits to its open fields and
to ``sha256(salt ‖ personal part)``; salt and personal part are sealed under the subject's key, so that the chain
still verifies after an erasure.
"""
