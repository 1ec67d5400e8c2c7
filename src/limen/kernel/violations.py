"""What is wrong within a value that has a schema, in words for programs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule of a schema that a field breaks; no value and no name that was sent is in it.

    Attributes:
        field: the member of the fields of a refusal that this says more of.
        pointer: where (RFC 6901), as deep as the schema names it.
        code: a message key.
        rule: the keyword of JSON Schema that is not met.
    """

    field: str
    pointer: str
    code: str
    rule: str
