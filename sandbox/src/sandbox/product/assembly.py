"""Proving an import whole: every chunk there, every hash right, every control total equal to the öre."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class ChunkValue:
    """A chunk as it came: its event type, such as `data.vouchers`, and its bytes."""

    type: str
    value: bytes


Chunks = Mapping[tuple[str, int], ChunkValue]
"""The chunks of one snapshot by dataset and number."""


class Incomplete(Exception):
    """Some chunks have not come yet: wait for them."""


class NotProven(Exception):
    """All chunks are here and do not add up to what `import.completed` says: nothing of it may be used."""


@dataclass
class Proof:
    """A proven import: its parts' rows, in order, and the totals that were worked out from them."""

    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    totals: dict[str, dict[str, int]] = field(default_factory=dict)


def prove(completed: dict[str, Any], chunks: Chunks) -> Proof:
    """Works all figures out anew from the chunks. Raises Incomplete or NotProven."""
    for summary in completed["datasets"]:
        numbers = range(1, summary["chunks"] + 1)
        if any((summary["dataset"], number) not in chunks for number in numbers):
            raise Incomplete(summary["dataset"])
    proof = Proof()
    for summary in completed["datasets"]:
        _prove_dataset(proof, summary, chunks)
    return proof


def _prove_dataset(proof: Proof, summary: dict[str, Any], chunks: Chunks) -> None:
    name = summary["dataset"]
    for number, expected in enumerate(summary["chunk_hashes"], start=1):
        chunk = chunks[name, number]
        if hashlib.sha256(chunk.value).hexdigest() != expected:
            raise NotProven(f"{name}: chunk {number} is not the one that was announced")
        _add(proof, chunk.type.removeprefix("data."), json.loads(chunk.value))
    found = _totals(proof, name)
    proof.totals[name] = found
    _compare(name, "rows", summary["rows"], _row_count(proof, name))
    for total, expected_amount in summary["control_totals"].items():
        _compare(name, total, expected_amount, found.get(total))
    if summary.get("reconciliation"):
        _prove_reconciliation(name, summary["reconciliation"], found["total_sek"])
    for part in ("accounts", "vouchers"):
        if summary.get(part) is not None:
            _compare(name, part, summary[part], len(proof.parts.get(part, [])))


def _prove_reconciliation(name: str, reconciliation: dict[str, Any], total: int) -> None:
    """The ledger's total against its accounts, and the difference wholly made up of causes and what has none."""
    amounts = {key: ore(reconciliation[key]) for key in ("ledger_total", "account_balance", "difference")}
    _compare(name, "ledger_total", amounts["ledger_total"], total)
    _compare(name, "difference", amounts["difference"], amounts["ledger_total"] - amounts["account_balance"])
    causes = sum(ore(cause["effect"]) for cause in reconciliation["explanations"])
    _compare(name, "explained", amounts["difference"], causes + ore(reconciliation["unexplained"]))


def _add(proof: Proof, part: str, chunk: dict[str, Any]) -> None:
    if part == "company":
        proof.company = chunk
    else:
        proof.parts.setdefault(part, []).extend(chunk["vouchers" if part == "vouchers" else "rows"])
        if beside := chunk.get("unbooked_payments"):
            proof.parts.setdefault(f"{part}.unbooked_payments", []).extend(beside)


def _row_count(proof: Proof, dataset: str) -> int:
    if dataset == "sie4":
        return sum(len(voucher["rows"]) for voucher in proof.parts.get("vouchers", []))
    return len(proof.parts.get(dataset, []))


def _totals(proof: Proof, dataset: str) -> dict[str, int]:
    """The control totals in öre, by the names of docs/events.md."""
    if dataset == "sie4":
        amounts = [ore(row["amount"]) for voucher in proof.parts.get("vouchers", []) for row in voucher["rows"]]
        return {
            "debit": sum(amount for amount in amounts if amount > 0),
            "credit": -sum(amount for amount in amounts if amount < 0),
            "opening_balance": _balances(proof, "IB"),
            "closing_balance": _balances(proof, "UB"),
            "result": _balances(proof, "RES"),
        }
    if dataset in {"customer_ledger", "supplier_ledger"}:
        return _ledger_totals(proof.parts.get(dataset, []))
    return {}


def _balances(proof: Proof, kind: str) -> int:
    rows = proof.parts.get("balances", [])
    return sum(ore(row["amount"]) for row in rows if row["kind"] == kind and row["year"] == 0 and not row["objects"])


def _ledger_totals(items: Iterable[dict[str, Any]]) -> dict[str, int]:
    totals = {"total_sek": 0, "credits_sek": 0, "tax_agency_sek": 0}
    for item in items:
        remaining, in_sek, currency = ore(item["remaining"]), ore(item["remaining_sek"]), item["currency"]
        added = {"total_sek": in_sek, f"remaining_{currency}": remaining}
        if remaining < 0:
            added |= {"credits_sek": in_sek, f"credits_{currency}": remaining}
        added["tax_agency_sek"] = ore(item["tax_agency_share"] or "0")
        for name, amount in added.items():
            totals[name] = totals.get(name, 0) + amount
    return totals


def ore(amount: str) -> int:
    """Kronor as a decimal string to öre, exactly."""
    scaled = Decimal(amount) * 100
    if scaled != scaled.to_integral_value():
        raise NotProven(f"{amount} is no whole number of öre")
    return int(scaled)


def _compare(dataset: str, what: str, expected: int, found: int | None) -> None:
    if expected != found:
        raise NotProven(f"{dataset}: {what} is {found}, announced were {expected}")
