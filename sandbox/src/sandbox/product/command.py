"""`python -m sandbox product …`: sends a command by hand and prints the events that come back."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import typer
from pydantic import BaseModel

from common.settings import load
from sandbox.product.commands import (
    Year,
    import_requested,
    vouchers_approved,
    vouchers_correction_requested,
)
from sandbox.product.connections import Connector
from sandbox.product.product import AWAY, Product, ProductSettings
from sandbox.product.records import CommandRecord, Received

app = typer.Typer(
    no_args_is_help=True,
    help="The stand-in product. Told through the environment: KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, and for `connect` "
    "CONNECTOR_URL and CONNECTOR_KEY; a running demo prints them.",
)

ENDS = {
    "import.completed",
    "import.failed",
    "import.refused",
    "import.cancelled",
    "vouchers.completed",
    "vouchers.refused",
}
Connection = Annotated[UUID, typer.Argument(help="The connection_id that the connect session gave.")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


class Mode(StrEnum):
    CHECK = "check"
    BOOK = "book"


class Policy(StrEnum):
    ALL_OR_NOTHING = "all_or_nothing_before_sending"
    BOOK_WHAT_PASSES = "book_what_passes"


class _Strict(BaseModel, extra="forbid"):
    """Sent as it was read, wrong or not: nothing is added, and nothing dropped in silence."""


class _Object(_Strict):
    dimension: int
    object: str


class _Row(_Strict):
    account: int
    debit: Decimal | None = None
    credit: Decimal | None = None
    dimensions: list[_Object] = []
    text: str = ""


class _Voucher(_Strict):
    voucher_id: str
    date: date
    description: str
    rows: list[_Row]

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True)


@app.command()
def listen() -> None:
    """Listens for ever and keeps what comes, as the product's server does."""
    _run(_listen())


@app.command()
def connect(reference: str, organisation_number: str | None = None, origin: str = "http://localhost:3000") -> None:
    """Asks for a connect session: open its `url` in a browser."""
    _run(_connect(reference, organisation_number, origin))


@app.command("import")
def import_year(connection: Connection, from_date: Day, to_date: Day) -> None:
    """Asks for a year's books and ledgers and shows how it goes."""
    year, import_id = Year(from_date.date(), to_date.date()), uuid4()
    _run(_send(import_requested(connection, import_id, year), str(import_id)))


@app.command()
def vouchers(
    connection: Connection,
    from_date: Day,
    to_date: Day,
    series: str,
    file: Annotated[Path, typer.Argument(help="A JSON list of vouchers as in docs/events.md.")],
    mode: Mode = Mode.CHECK,
    policy: Policy = Policy.ALL_OR_NOTHING,
) -> None:
    """Sends vouchers to be checked (or, with --mode book, booked) and shows what is said of them."""
    year, batch_id = Year(from_date.date(), to_date.date()), uuid4()
    read = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    approved = [_Voucher.model_validate(one) for one in read]
    command = vouchers_approved(connection, batch_id, year, series, approved, mode=mode, policy=policy)
    _run(_send(command, str(batch_id)))


@app.command()
def correct(
    connection: Connection,
    from_date: Day,
    to_date: Day,
    series: str,
    day: Day,
    voucher_ids: Annotated[list[str], typer.Argument(help="Of vouchers that were booked; all or none are reversed.")],
    requested_by: Annotated[str, typer.Option(help="Who asks for it; kept, and told in Fortnox.")],
) -> None:
    """Asks for booked vouchers to be reversed and shows what is said of them."""
    year, correction_id = Year(from_date.date(), to_date.date()), uuid4()
    asked = vouchers_correction_requested(
        connection, correction_id, year, series, day.date(), voucher_ids, requested_by=requested_by
    )
    _run(_send(asked, str(correction_id)))


async def _listen() -> None:
    async with Product.running(load(ProductSettings), _print):
        await asyncio.Event().wait()


async def _connect(reference: str, organisation_number: str | None, origin: str) -> None:
    settings = load(ProductSettings)
    async with Connector(settings.connector_url, settings.connector_key.get_secret_value()) as connector:
        try:
            session = await connector.open_session(reference, origin=origin, organisation_number=organisation_number)
        except httpx.HTTPStatusError as refused:
            print(refused.response.text, file=sys.stderr)
            raise typer.Exit(1) from None
    print(json.dumps(session, indent=2))


async def _send(command: CommandRecord, about: str) -> None:
    ended = asyncio.Event()

    def show(event: Received) -> None:
        data = event.data
        if about in {data.get("import_id"), data.get("batch_id")}:
            _print(event)
            if event.type in ENDS:
                ended.set()

    async with Product.running(load(ProductSettings), show) as product:
        await product.send(command)
        await ended.wait()


def _print(event: Received) -> None:
    print(event.type, (event.value or b"").decode())


def _run(main: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(main)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (*AWAY, httpx.TransportError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
