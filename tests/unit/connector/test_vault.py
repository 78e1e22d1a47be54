"""Encryption at rest."""

import os
from datetime import timedelta

import pytest
from pydantic import SecretStr

from connector.tokens.sealed import seal_tokens
from connector.tokens.vault import SealedKey, Unsealable, Vault
from fortnox.oauth import Tokens

OLD, NEW = os.urandom(32), os.urandom(32)


def test_what_was_sealed_is_opened_in_its_place() -> None:
    vault = Vault({"old": OLD})
    sealed, key = vault.new_key("grants/1")

    ciphertext = key.seal("refresh_token", "hemligt å")

    assert b"hemligt" not in ciphertext
    assert vault.open_key("grants/1", sealed).open("refresh_token", ciphertext) == "hemligt å"


def test_the_same_text_is_never_sealed_alike() -> None:
    _, key = Vault({"old": OLD}).new_key("grants/1")

    assert key.seal("a", "text") != key.seal("a", "text")


@pytest.mark.parametrize("column", ["access_token", ""])
def test_a_ciphertext_in_another_column_is_refused(column: str) -> None:
    _, key = Vault({"old": OLD}).new_key("grants/1")

    with pytest.raises(Unsealable):
        key.open(column, key.seal("refresh_token", "secret"))


def test_a_key_in_another_row_is_refused() -> None:
    vault = Vault({"old": OLD})
    sealed, _ = vault.new_key("grants/1")

    with pytest.raises(Unsealable):
        vault.open_key("grants/2", sealed)


@pytest.mark.parametrize(
    "harm", [lambda c: c[:-1], lambda c: c[:5], lambda c: b"", lambda c: bytes([c[0] ^ 1]) + c[1:]]
)
def test_a_changed_ciphertext_is_refused(harm: object) -> None:
    _, key = Vault({"old": OLD}).new_key("grants/1")
    assert callable(harm)

    with pytest.raises(Unsealable):
        key.open("a", harm(key.seal("a", "secret")))


def test_several_master_keys_open_and_the_first_one_seals() -> None:
    sealed, key = Vault({"old": OLD}).new_key("grants/1")
    ciphertext = key.seal("a", "secret")
    vault = Vault({"new": NEW, "old": OLD})

    assert vault.open_key("grants/1", sealed).open("a", ciphertext) == "secret"
    assert vault.new_key("grants/2")[0].master_key == "new"
    with pytest.raises(Unsealable):
        Vault({"new": NEW}).open_key("grants/1", sealed)


def test_a_key_under_another_master_key_opens_what_it_sealed_before() -> None:
    sealed, key = Vault({"old": OLD}).new_key("grants/1")
    ciphertext = key.seal("a", "secret")

    changed = Vault({"new": NEW, "old": OLD}).rewrap("grants/1", sealed)

    assert changed.master_key == "new"
    assert Vault({"new": NEW}).open_key("grants/1", changed).open("a", ciphertext) == "secret"


def test_a_fingerprint_is_known_again_under_any_valid_key() -> None:
    fingerprint = Vault({"old": OLD}).fingerprint("5566778899")

    assert Vault({"new": NEW, "old": OLD}).matches(fingerprint, "5566778899")
    assert fingerprint.startswith(b"old:")
    assert not Vault({"old": OLD}).matches(fingerprint, "5566778898")
    assert not Vault({"new": NEW}).matches(fingerprint, "5566778899")


def test_nothing_secret_shows_when_it_is_printed() -> None:
    sealed, key = Vault({"old": OLD}).new_key("grants/1")
    tokens = Tokens("the access token", "the refresh token", 3600, frozenset({"invoice"}))

    shown = repr(
        (key, sealed, tokens, seal_tokens(key, tokens, timedelta(days=7)), SealedKey("old", OLD), SecretStr("x"))
    )

    assert "the access" not in shown
    assert "the refresh" not in shown
    assert repr(key.key)[2:10] not in shown
    assert repr(OLD)[2:10] not in shown
