"""Settings: whatever is missing or wrong is named, and its value never shown."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from common.settings import ConnectorClientSettings, load

PROGRAM = """
from common.settings import ConnectorClientSettings, load
settings = load(ConnectorClientSettings)
print(settings.port, repr(settings), settings.database_url.get_secret_value())
"""
GOOD = {
    "DATABASE_URL": "postgresql://user:hunter2@db:5432/bokbrygga",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "CONNECTOR_URL": "http://connector:8080",
    "CONNECTOR_KEY": "hunter2-hunter2-hunter2",
}


def start(**environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**kept, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a process that is started with these settings says before it ends with exit code 2."""

    def refused(**environment: str) -> str:
        for name in GOOD:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit, match="2"):
            load(ConnectorClientSettings)
        return capsys.readouterr().err

    return refused


def test_settings_come_from_the_environment_or_from_files_and_show_no_secret(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text(GOOD["DATABASE_URL"] + "\n")
    without = {name: value for name, value in GOOD.items() if name != "DATABASE_URL"}

    ended = start(**without, PORT="9000", SECRETS_DIR=str(tmp_path))

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("9000 ")
    assert ended.stdout.rstrip().endswith(GOOD["DATABASE_URL"])
    assert ended.stdout.count("hunter2") == 1  # only where it was asked for


def test_all_that_is_missing_is_named_at_once_and_nothing_else_is_said() -> None:
    ended = start()

    assert ended.returncode == 2
    assert all(name in ended.stderr for name in GOOD)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "hunter2"),
        ("DATABASE_URL", "mysql://user:hunter2@db/x"),
        ("DATABASE_URL", "postgresql://user:hunter2/x@db/x"),
        ("DATABASE_URL", "hunter2"),
        ("CALLERS", "{hunter2"),
        ("CALLERS", '["hunter2"]'),
        ("CALLERS", '{"product": {"keys": [""], "scopes": []}}'),
        ("CALLERS", '{"product": {"keys": ["hunter2"], "scopes": []}}'),
        ("CALLERS", '{"product": {"keys": [], "scopes": []}}'),
        ("LOG_FORMAT", "hunter2"),
        ("KAFKA_SECURITY_PROTOCOL", "hunter2"),
        ("WORKERS", "0"),
        ("JOB_LEASE_SECONDS", "-1"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(refused: Callable[..., str], name: str, value: str) -> None:
    said = refused(**{**GOOD, name: value})

    assert name in said.upper()
    assert "hunter2" not in said
