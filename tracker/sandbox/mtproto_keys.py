"""The numbers that MTProto rests on: the server's RSA key, made anew each run, and Telegram's prime.

`rsa.newkeys` takes 2 to 12 seconds for 2048 bits; sieving the candidates first makes it about half a second.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from functools import cache

import rsa
from telethon.crypto.rsa import get_byte_array
from telethon.tl.tlobject import TLObject

PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DB"
    "FA336F6E0AC925139543AED44CCE7C3720FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"
    "2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4A4A695811051907E162753B56B0F6B41"
    "0DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF"
    "6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
"""Telegram's own safe prime: clients know it, and need not spend minutes on proving it."""

PRIME_GENERATOR = 3
EXPONENT = 65537


class ServerKey:
    """The RSA key by which clients know the server. The public half is offered as PEM, PKCS#1."""

    def __init__(self, modulus: int, private_exponent: int) -> None:
        self._modulus = modulus
        self._private_exponent = private_exponent

    @classmethod
    def generate(cls) -> ServerKey:
        """A new key of 2048 bits; about half a second."""
        while True:
            p, q = _prime(1024), _prime(1024)
            order = (p - 1) * (q - 1)
            if p != q and math.gcd(EXPONENT, order) == 1:
                return cls(p * q, pow(EXPONENT, -1, order))

    @property
    def pem(self) -> str:
        """The public half, for a file that `telegram.server_key` names."""
        encoded: bytes = rsa.PublicKey(self._modulus, EXPONENT).save_pkcs1()
        return encoded.decode("ascii")

    @property
    def fingerprint(self) -> int:
        """The number by which client and server speak of the key."""
        numbers: bytes = b"".join(
            TLObject.serialize_bytes(get_byte_array(number)) for number in (self._modulus, EXPONENT)
        )
        return int.from_bytes(hashlib.sha1(numbers).digest()[-8:], "little", signed=True)

    def decrypt(self, block: bytes) -> bytes:
        """The 255 bytes that a client encrypted: a SHA-1, the data, and padding."""
        return pow(int.from_bytes(block, "big"), self._private_exponent, self._modulus).to_bytes(255, "big")


@cache
def _product_of_small_primes() -> int:
    limit = 20_000
    candidate = bytearray([1]) * limit
    for number in range(2, math.isqrt(limit) + 1):
        if candidate[number]:
            multiples = range(number * number, limit, number)
            candidate[number * number :: number] = bytes(len(multiples))
    return math.prod(number for number in range(2, limit) if candidate[number])


def _prime(bits: int) -> int:
    """A random number that passes Fermat's test to four bases: prime enough for a key that lives for one run."""
    while True:
        number = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if math.gcd(number, _product_of_small_primes()) == 1 and all(
            pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)
        ):
            return number
