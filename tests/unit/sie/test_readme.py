"""The README's examples run, and its table of deviations names tests that exist."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
README = (HERE.parents[2] / "libs" / "sie" / "README.md").read_text(encoding="utf-8")


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "samples" / "fortnox-2011")
    names: dict[str, object] = {}

    for example in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(example, "the README of sie", "exec"), names)

    assert "comparison" in names


def test_every_deviation_has_a_test_of_its_name() -> None:
    files = [path.read_text(encoding="utf-8") for path in HERE.glob("test_deviations*.py")]
    tests = set(re.findall(r"^def (test_\w+)", "".join(files), re.MULTILINE))
    named = set(re.findall(r"\| `(test_\w+)` \|", README))

    assert named == tests
