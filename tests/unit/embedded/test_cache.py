"""The user's cache folder."""

import os
from pathlib import Path

import pytest

from sandbox.embedded import cache


def test_it_is_where_the_user_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOKBRYGGA_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache.folder() == tmp_path / "bokbrygga"
    assert cache.folder().stat().st_mode & 0o077 == 0


def test_of_two_that_make_the_same_thing_the_first_is_kept(cache_folder: Path) -> None:
    for content in ("first", "second"):
        with cache.scratch() as scratch:
            (scratch / "made").mkdir()
            (scratch / "made" / "file").write_text(content)
            kept = cache.keep(scratch / "made", "thing")

    assert kept == cache_folder / "thing"
    assert (kept / "file").read_text() == "first"
    assert list(cache_folder.iterdir()) == [kept]


def test_what_a_killed_process_left_is_removed_a_day_later(cache_folder: Path) -> None:
    old, new = cache.folder() / "tmp-old", cache.folder() / "tmp-new"
    old.mkdir()
    new.mkdir()
    os.utime(old, (0, 0))

    with cache.scratch():
        assert new.exists()
        assert not old.exists()
