"""`show`, `undecided` and `decide`: what an operator types.

They end with 0 when it is done, 1 when it is refused or there is no such thing, 3 when it can't be done just now.
"""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import UUID

from common import database
from common.command import Command, connected
from common.leases import Leases, Purpose
from common.messaging.outbox import Outbox
from common.problems import ProblemError
from common.settings import DatabaseSettings
from voucher_sender.operating import story
from voucher_sender.operating.deciding import Decider, Wish
from voucher_sender.repository import Decisions, Place, Stories
from voucher_sender.sender import Sender, Timing
from voucher_sender.settings import DecidingSettings

NAME, SCHEMA = "voucher-sender", "voucher_sender"
DONE, REFUSED, NOT_NOW = 0, 1, 3


async def show(settings: DatabaseSettings, arguments: argparse.Namespace) -> int:
    """Prints the stories of batches, given by their ids or by those of vouchers."""
    async with connected(settings, SCHEMA) as connection:
        stories, missing = Stories(connection), 0
        for wanted in arguments.id:
            batches = await _batches(stories, wanted)
            missing += not batches
            if not batches:
                print(f"no batch and no voucher {wanted}", file=sys.stderr)
            for batch_id in batches:
                await _show(stories, batch_id)
    return REFUSED if missing else DONE


async def undecided(settings: DatabaseSettings, _arguments: argparse.Namespace) -> int:
    """Prints all that waits for a person."""
    async with connected(settings, SCHEMA) as connection:
        doubts = await Decisions(connection).waiting()
    for doubt in doubts:
        print(*story.waiting(doubt), sep="\n")
    print(f"{len(doubts)} vouchers wait for a person")
    return DONE


async def decide(settings: DecidingSettings, arguments: argparse.Namespace) -> int:
    """Keeps a person's decision, unless Fortnox speaks against it."""
    wish = Wish(
        arguments.connection,
        arguments.voucher,
        _place(arguments),
        arguments.reason.strip(),
        arguments.by.strip(),
        arguments.although_it_differs,
    )
    try:
        async with _decider(settings) as decider:
            told = await decider.decide(wish)
    except ProblemError as refused:
        print(f"{refused.problem.code}: {refused.english}", file=sys.stderr)
        return NOT_NOW if refused.problem.retry_after else REFUSED
    print("decided;", ", ".join(one.TYPE for one in told) or "the batch goes on and sends it again")
    return DONE


def _for_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="+", metavar="BATCH|VOUCHER")


def _for_decide(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--connection", type=UUID, required=True)
    parser.add_argument("--voucher", required=True, metavar="VOUCHER_ID")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--booked-as", nargs=2, metavar=("SERIES", "NUMBER"))
    what.add_argument("--not-booked", action="store_true")
    parser.add_argument("--year", type=int, metavar="FORTNOX_YEAR", help="Fortnox's id of the year, for --booked-as")
    parser.add_argument("--reason", type=_said, required=True, help="kept for ever, and shown")
    parser.add_argument("--by", type=_said, required=True, help="who decides; kept and shown, too")
    parser.add_argument("--although-it-differs", action="store_true", help="it is that one all the same")


def _place(arguments: argparse.Namespace) -> Place | None:
    if arguments.booked_as is None:
        return None
    series, number = arguments.booked_as
    if arguments.year is None or not number.isdecimal():
        print("--booked-as takes a series and a number, and needs --year", file=sys.stderr)
        raise SystemExit(2)
    return Place(series, int(number), arguments.year)


def _said(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must say something")
    return text


COMMANDS = [
    Command("show", "tell what the records say of batches or vouchers", DatabaseSettings, show, _for_show),
    Command("undecided", "list the vouchers that wait for a person", DatabaseSettings, undecided),
    Command("decide", "keep a person's decision about such a voucher", DecidingSettings, decide, _for_decide),
]


async def _batches(stories: Stories, wanted: str) -> list[UUID]:
    try:
        batch_id = UUID(wanted)
    except ValueError:
        return await stories.batches_of(wanted)
    return [batch_id] if await stories.batch(batch_id) else await stories.batches_of(wanted)


async def _show(stories: Stories, batch_id: UUID) -> None:
    record = await stories.batch(batch_id)
    assert record is not None
    print(*story.batch(record), sep="\n")
    for voucher in await stories.vouchers(batch_id):
        print(*story.voucher(voucher), sep="\n")
    for decision in await stories.decisions(batch_id):
        print(story.decision(decision))


@asynccontextmanager
async def _decider(settings: DecidingSettings) -> AsyncIterator[Decider]:
    """With a sender's means; it never runs a job."""
    dsn = settings.database_url.get_secret_value()
    async with AsyncExitStack() as stack:
        pool = await database.create_pool(dsn, SCHEMA, largest=2)
        stack.push_async_callback(pool.close)
        leases = Leases(settings.connector_url, settings.connector_key.get_secret_value())
        stack.push_async_callback(leases.close)
        sender = Sender(
            client_id="",
            permits=lambda connection_id: leases.session(connection_id, Purpose.DIALOG),
            open_session=lambda: database.connect(dsn, SCHEMA),
            pool=pool,
            fortnox_url=settings.fortnox_api_url,
            timing=Timing(
                call_timeout=settings.call_timeout_seconds, settling=timedelta(seconds=settings.settling_seconds)
            ),
        )
        yield Decider(sender, Outbox(settings.kafka_topic_prefix), NAME)
