"""Databases in the MaxMind DB format 2.0, as small as a test needs: a search tree of 32-bit records, and their data."""

import struct
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_TEXT, _DOUBLE, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY, _BOOL = 2, 3, 5, 6, 7, 9, 11, 14


def mmdb(records: Mapping[str, Any], kind: str = "Test", built: int = 1_790_000_000, *, wide: bool = True) -> bytes:
    """Return a database that says of each network, by its CIDR, what *records* say."""
    data, nodes = b"", [[None, None]]
    for text, record in records.items():
        network = ip_network(text)
        bits = network.prefixlen + (96 if wide and network.version == 4 else 0)
        number = int(network.network_address)
        at = 0
        for depth in range(bits):
            side = number >> ((128 if wide else 32) - 1 - depth) & 1
            if depth == bits - 1:
                nodes[at][side] = ("data", len(data))
            else:
                if nodes[at][side] is None:
                    nodes.append([None, None])
                    nodes[at][side] = len(nodes) - 1
                at = nodes[at][side]
        data += _encoded(record)
    count = len(nodes)

    def pointer(child: Any) -> int:
        if child is None:
            return count
        return child if isinstance(child, int) else count + 16 + child[1]

    tree = b"".join(struct.pack(">II", pointer(left), pointer(right)) for left, right in nodes)
    about = {
        "binary_format_major_version": (_UINT16, 2), "binary_format_minor_version": (_UINT16, 0),
        "build_epoch": (_UINT64, built), "database_type": kind, "description": {},
        "ip_version": (_UINT16, 6 if wide else 4),
        "languages": [], "node_count": (_UINT32, count), "record_size": (_UINT16, 32),
    }  # fmt: skip
    return tree + bytes(16) + data + _MARKER + _encoded(about)


def _encoded(value: Any) -> bytes:
    if isinstance(value, tuple):
        kind, number = value
        return _field(kind, number.to_bytes((number.bit_length() + 7) // 8, "big"))
    if isinstance(value, bool):
        return _head(_BOOL, int(value))
    if isinstance(value, float):
        return _field(_DOUBLE, struct.pack(">d", value))
    if isinstance(value, int):
        return _encoded((_UINT32, value))
    if isinstance(value, str):
        return _field(_TEXT, value.encode())
    if isinstance(value, list):
        return _head(_ARRAY, len(value)) + b"".join(map(_encoded, value))
    return _head(_MAP, len(value)) + b"".join(_encoded(str(name)) + _encoded(one) for name, one in value.items())


def _field(kind: int, data: bytes) -> bytes:
    return _head(kind, len(data)) + data


def _head(kind: int, size: int) -> bytes:
    extended = bytes([kind - 7]) if kind > 7 else b""
    first = (kind if kind <= 7 else 0) << 5
    if size < 29:
        return bytes([first | size]) + extended
    return bytes([first | 29]) + extended + bytes([size - 29])
