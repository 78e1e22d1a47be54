"""Encryption at rest: AES-256-GCM with a key per row, which a master key encrypts.

The ciphertext is bound to the row and the column that it stands in, so that values can't be moved about in the
database by whoever may write there. Several master keys may be valid: the first encrypts, all decrypt.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class Unsealable(Exception):
    """A ciphertext doesn't belong where it stands, was changed, or its master key isn't there."""


@dataclass(frozen=True)
class SealedKey:
    """A row's own key, encrypted by a master key."""

    master_key: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class RowKey:
    """A row's own key in clear: seals and opens the columns of that row."""

    row: str
    key: bytes = field(repr=False)

    def seal(self, column: str, plaintext: str) -> bytes:
        return _seal(self.key, self._place(column), plaintext.encode())

    def open(self, column: str, ciphertext: bytes) -> str:
        """Raises Unsealable."""
        return _open(self.key, self._place(column), ciphertext).decode()

    def _place(self, column: str) -> str:
        return f"{self.row}/{column}"


class Vault:
    """Makes and opens the keys of rows. `row` is the table and the row's id, such as `grants/6f…`."""

    def __init__(self, master_keys: Mapping[str, bytes]) -> None:
        self._keys = dict(master_keys)
        self._current = next(iter(self._keys))

    def derive(self, purpose: str) -> list[bytes]:
        """Secrets that only who has a master key can make, and make again: the current key's first."""
        return [hmac.digest(key, b"derive/" + purpose.encode(), "sha256") for key in self._keys.values()]

    def new_key(self, row: str) -> tuple[SealedKey, RowKey]:
        key = os.urandom(KEY_BYTES)
        return SealedKey(self._current, _seal(self._keys[self._current], f"{row}/key", key)), RowKey(row, key)

    def open_key(self, row: str, sealed: SealedKey) -> RowKey:
        """Raises Unsealable."""
        if sealed.master_key not in self._keys:
            raise Unsealable("master key is not known")
        return RowKey(row, _open(self._keys[sealed.master_key], f"{row}/key", sealed.sealed))

    @property
    def current(self) -> str:
        """The id of the master key that encrypts."""
        return self._current

    def rewrap(self, row: str, sealed: SealedKey) -> SealedKey:
        """The same key under the current master key. Raises Unsealable."""
        key = self.open_key(row, sealed).key
        return SealedKey(self._current, _seal(self._keys[self._current], f"{row}/key", key))

    def fingerprint(self, text: str) -> bytes:
        """For comparing with something later without keeping it; good for as long as the master key it names."""
        return self.fingerprints(text)[0]

    def fingerprints(self, text: str) -> list[bytes]:
        """Each that may have been kept of it; the current master key's first."""
        return [f"{name}:".encode() + _fingerprint(key, text) for name, key in self._keys.items()]

    def matches(self, fingerprint: bytes, text: str) -> bool:
        name, _, kept = fingerprint.partition(b":")
        key = self._keys.get(name.decode())
        return key is not None and hmac.compare_digest(_fingerprint(key, text), kept)


def _seal(key: bytes, place: str, plaintext: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, place.encode())


def _open(key: bytes, place: str, ciphertext: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise Unsealable(place) from None


def _fingerprint(key: bytes, text: str) -> bytes:
    return hmac.digest(key, b"fingerprint/" + text.encode(), "sha256")
