"""`python -m sandbox product vouchers` sends what the file says, right or wrong: findings are the service's affair."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from sandbox.product import command
from sandbox.product.records import CommandRecord

ROWS: list[dict[str, Any]] = [
    {"account": 7832, "debit": "100.00", "dimensions": [{"dimension": 1, "object": "KS1"}], "text": "Avskrivning"},
    {"account": 1229, "credit": "100.00", "debit": "1.00"},
    {"account": 1229, "debit": None, "credit": None},
]
VOUCHER = {"voucher_id": "v-1", "date": "2025-12-31", "description": "Avskrivningar", "rows": ROWS}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[CommandRecord]:
    """What would go to Kafka."""
    kept: list[CommandRecord] = []

    async def keep(record: CommandRecord, _about: str) -> None:
        kept.append(record)

    monkeypatch.setattr(command, "_send", keep)
    return kept


def send(tmp_path: Path, voucher: dict[str, Any]) -> Any:
    file = tmp_path / "vouchers.json"
    file.write_text(json.dumps([voucher]), encoding="utf-8")
    arguments = ["vouchers", str(uuid4()), "2025-01-01", "2025-12-31", "I", str(file), "--policy", "book_what_passes"]
    return CliRunner().invoke(command.app, arguments)


def test_nothing_of_a_voucher_is_dropped_or_added(tmp_path: Path, sent: list[CommandRecord]) -> None:
    result = send(tmp_path, VOUCHER)

    assert result.exit_code == 0, result.output
    data = json.loads(sent[0].value)
    assert data["vouchers"] == [VOUCHER]
    assert data["policy"] == "book_what_passes"


def test_a_misspelt_field_is_told_instead_of_dropped(tmp_path: Path, sent: list[CommandRecord]) -> None:
    result = send(tmp_path, {**VOUCHER, "rows": [{"account": 7832, "dimension": 1}]})

    assert result.exit_code != 0
    assert not sent
