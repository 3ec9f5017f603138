"""Who is logged in to the sandbox's Telegram: code, second factor, and keys that are revoked."""

from __future__ import annotations

import hashlib
import os
import secrets

from telethon import types
from telethon.password import compute_hash
from telethon.tl.tlobject import TLObject

from tracker.sandbox.mtproto import RpcError
from tracker.sandbox.mtproto_keys import PRIME, PRIME_GENERATOR
from tracker.sandbox.telegram_tl import Login

CODE = "22222"
"""The code that the sandbox "sends" to every phone."""

CODE_HASH = "sandbox"


class Logins:
    """The people who can log in, and the keys with which they have."""

    def __init__(self) -> None:
        self._known: dict[str, Login] = {}
        self._by_key: dict[int, Login] = {}
        self._asked: dict[int, PasswordQuestion] = {}

    def add(self, login: Login) -> None:
        self._known[login.phone] = login

    def admit(self, key_id: int, login: Login) -> None:
        """Log the key in without a question."""
        self._by_key[key_id] = login

    def of(self, key_id: int) -> Login:
        """Who uses this key. Raises 401 AUTH_KEY_UNREGISTERED if nobody does."""
        login = self._by_key.get(key_id)
        if login is None:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        return login

    def revoke_all(self) -> None:
        """What "terminate all sessions" does: the keys are still known, but nobody's."""
        self._by_key.clear()

    def log_out(self, key_id: int) -> None:
        self._by_key.pop(key_id, None)

    def known(self, phone: str) -> Login:
        """The person with this phone. Raises 400 PHONE_NUMBER_INVALID."""
        login = self._known.get(phone.lstrip("+"))
        if login is None:
            raise RpcError(400, "PHONE_NUMBER_INVALID")
        return login

    def sign_in(self, key_id: int, phone: str, code: str) -> Login:
        """Raises 400 PHONE_CODE_INVALID, and 401 SESSION_PASSWORD_NEEDED where there is a second factor."""
        login = self.known(phone)
        if code != CODE:
            raise RpcError(400, "PHONE_CODE_INVALID")
        if login.password is not None:
            self._asked[key_id] = PasswordQuestion(login, login.password)
            raise RpcError(401, "SESSION_PASSWORD_NEEDED")
        self.admit(key_id, login)
        return login

    def question(self, key_id: int) -> TLObject:
        """What account.getPassword answers."""
        return self._question(key_id).as_password()

    def check_password(self, key_id: int, proof: TLObject) -> Login:
        """Raises 400 PASSWORD_HASH_INVALID for a wrong password."""
        question = self._question(key_id)
        if not question.accepts(proof):
            raise RpcError(400, "PASSWORD_HASH_INVALID")
        self.admit(key_id, question.login)
        return question.login

    def _question(self, key_id: int) -> PasswordQuestion:
        question = self._asked.get(key_id)
        if question is None:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        return question


class PasswordQuestion:
    """SRP-6a as Telegram uses it: the client proves its password without sending it; core.telegram.org/api/srp."""

    def __init__(self, login: Login, password: str) -> None:
        self.login = login
        self._algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
            os.urandom(16), os.urandom(16), PRIME_GENERATOR, _wide(PRIME)
        )
        self._verifier = pow(PRIME_GENERATOR, _number(compute_hash(self._algorithm, password)), PRIME)
        self._secret = secrets.randbits(2048)
        multiplier = _number(_hash(_wide(PRIME), _wide(PRIME_GENERATOR)))
        self._public = (multiplier * self._verifier + pow(PRIME_GENERATOR, self._secret, PRIME)) % PRIME

    def as_password(self) -> TLObject:
        return types.account.Password(
            new_algo=self._algorithm,
            new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
            secure_random=b"",
            has_password=True,
            current_algo=self._algorithm,
            srp_B=_wide(self._public),
            srp_id=1,
        )

    def accepts(self, proof: TLObject) -> bool:
        client_public = _number(proof.A)
        mix = _number(_hash(_wide(client_public), _wide(self._public)))
        shared = pow(client_public * pow(self._verifier, mix, PRIME), self._secret, PRIME)
        prime_hash, generator_hash = _hash(_wide(PRIME)), _hash(_wide(PRIME_GENERATOR))
        expected = _hash(
            bytes(a ^ b for a, b in zip(prime_hash, generator_hash, strict=True)),
            _hash(self._algorithm.salt1),
            _hash(self._algorithm.salt2),
            _wide(client_public),
            _wide(self._public),
            _hash(_wide(shared)),
        )
        return secrets.compare_digest(expected, proof.M1)


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _wide(number: int) -> bytes:
    return number.to_bytes(256, "big")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
