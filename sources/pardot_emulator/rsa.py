"""Just enough RSA to check the signature of a JWT login: RS256 with a known public key.

Verifying needs one modular power and a byte comparison, which the standard library can do.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03


@dataclass(frozen=True)
class PublicKey:
    """An RSA public key."""

    modulus: int
    exponent: int

    @classmethod
    def from_pem(cls, pem: str) -> PublicKey:
        """Read a ``BEGIN PUBLIC KEY`` block (SubjectPublicKeyInfo of an RSA key).

        Raises:
            ValueError: the text is no such block.
        """
        lines = [line.strip() for line in pem.strip().splitlines()]
        if not lines or lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
            raise ValueError("not a PEM public key")
        info, _ = _read_element(base64.b64decode("".join(lines[1:-1])), _SEQUENCE)
        _algorithm, rest = _read_element(info, _SEQUENCE)
        bits, _ = _read_element(rest, _BIT_STRING)
        key, _ = _read_element(bits[1:], _SEQUENCE)  # the first byte counts unused bits
        modulus, rest = _read_element(key, _INTEGER)
        exponent, _ = _read_element(rest, _INTEGER)
        return cls(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tell whether this key's owner signed the message (RSASSA-PKCS1-v1_5 with SHA-256)."""
        size = (self.modulus.bit_length() + 7) // 8
        if len(signature) != size:
            return False
        block = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus).to_bytes(size, "big")
        ending = b"\x00" + _SHA256_INFO + hashlib.sha256(message).digest()
        return block == b"\x00\x01" + b"\xff" * (size - 2 - len(ending)) + ending


def _read_element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Split DER data into the content of its first element, which must have the tag, and what follows."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("not the DER encoding of an RSA public key")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]
