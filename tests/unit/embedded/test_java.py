"""Which Java runs Kafka."""

from pathlib import Path

import pytest

from sandbox.embedded import NoJava, java


@pytest.fixture(autouse=True)
def no_java_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(java, "WHEEL", "a_wheel_that_is_not_installed")


def a_java(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2021-01-19' >&2\n")
    program.chmod(0o755)
    return program


def test_a_java_on_the_path_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    program = a_java(tmp_path, "17.0.15")

    assert java.find() == program


def test_java_home_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_java(tmp_path, "17.0.15")
    newer = a_java(tmp_path / "home", "25.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))

    assert java.find() == newer


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_enough = a_java(tmp_path, "21")
    a_java(tmp_path / "home", "1.8.0_392")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))

    assert java.find() == new_enough


def test_only_an_old_java_is_said_in_one_sentence_with_what_to_do(tmp_path: Path) -> None:
    program = a_java(tmp_path, "11.0.2")

    with pytest.raises(NoJava) as raised:
        java.find()

    assert str(raised.value) == (
        f"Kafka needs Java 17 or later and there is only Java 11 at {program}: "
        "run `make install`, which brings one along, or point JAVA_HOME at one."
    )


def test_no_java_at_all_is_said_too() -> None:
    with pytest.raises(NoJava, match="there is none"):
        java.find()


def test_a_program_that_is_no_java_is_not_taken_for_one(tmp_path: Path) -> None:
    a_java(tmp_path, "17").write_text("#!/bin/sh\nexit 1\n")

    with pytest.raises(NoJava, match="something that is no Java"):
        java.find()
