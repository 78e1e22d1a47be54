"""What happened, as a file that scripts can read (`REPORT=`)."""

from typing import Any

from sandbox.demo.story import Story


async def make(story: Story, *, seconds: float, startup_seconds: float) -> dict[str, Any]:
    """The whole report. Amounts of control totals are öre; ledgers' amounts are decimal strings in SEK."""
    connection, completed = story.connection, story.completed
    rates = (await story.simulator.rate()).values()
    return {
        "connection": {
            "id": connection["connection_id"],
            "company": connection["company_name"],
            "organisation_number": connection["organisation_number"],
            "kind": connection["kind"],
        },
        "import": {
            "status": completed["type"].removeprefix("import."),
            "id": completed["import_id"],
            "financial_year": completed["financial_year"],
            "seconds": round(story.import_seconds, 2),
            "datasets": {dataset["dataset"]: _dataset(dataset) for dataset in completed["datasets"]},
            "checks": [
                {key: check[key] for key in ("code", "verdict", "swedish", "english")} for check in completed["checks"]
            ],
            "ledgers": {
                dataset["dataset"]: _ledger(dataset["reconciliation"])
                for dataset in completed["datasets"]
                if dataset.get("reconciliation")
            },
        },
        "vouchers": [
            {"voucher_id": receipt["voucher_id"], "status": "booked"}
            | {key: receipt[key] for key in ("series", "number", "financial_year")}
            for receipt in story.receipts
        ],
        "correction": {key: story.correction[key] for key in ("voucher_id", "series", "number", "corrects")},
        "fortnox": {
            "calls": sum(rate["calls"] for rate in rates),
            "largest_window": max((rate["largest_window"] for rate in rates), default=0),
            "too_many_requests": sum(rate["too_many_requests"] for rate in rates),
        },
        "first_call_ms": story.first_call_ms,
        "startup_seconds": round(startup_seconds, 2),
        "seconds": round(seconds, 2),
    }


def _dataset(dataset: dict[str, Any]) -> dict[str, Any]:
    kept = {key: dataset[key] for key in ("chunks", "rows", "control_totals")}
    return kept | {key: dataset[key] for key in ("accounts", "vouchers") if dataset.get(key) is not None}


def _ledger(reconciliation: dict[str, Any]) -> dict[str, Any]:
    return {
        "total": reconciliation["ledger_total"],
        "accounts": reconciliation["accounts"],
        "account_balance": reconciliation["account_balance"],
        "difference": reconciliation["difference"],
        "explanations": [
            {key: cause[key] for key in ("code", "effect", "swedish", "english")}
            for cause in reconciliation["explanations"]
        ],
        "unexplained": reconciliation["unexplained"],
    }
