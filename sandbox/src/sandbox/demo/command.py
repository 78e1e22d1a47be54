"""Starts everything, tells the story, and leaves it running until Ctrl-C."""

import asyncio
import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.markup import escape

import sie
from sandbox import stack
from sandbox.demo import report
from sandbox.demo.screen import Screen
from sandbox.demo.story import Story, StoryFailed
from sandbox.embedded import EmbeddedError

FAILURES = (StoryFailed, EmbeddedError, TimeoutError, KafkaError, OSError, asyncpg.PostgresError)
"""What can go wrong outside of us, and is told in a sentence."""


def run(*, books: Path | None, once: bool, report_file: Path | None, recording: Path | None = None) -> int:
    """The demo; returns the process's exit status: 0 only if all went well."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it runs in the background
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    console = Console(record=recording is not None, width=100 if recording else None)
    started = time.monotonic()
    plan = stack.Plan(
        books=books or stack.DEFAULT_BOOKS,
        kafka=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"),
        postgres=os.environ.get("DATABASE_URL"),
    )
    try:
        _check(plan.books, report_file)
        with _starting(console, plan) as everything:
            told = asyncio.run(_tell(console, everything, started))
            if report_file:
                report_file.write_text(json.dumps(told, indent=2, ensure_ascii=False), encoding="utf-8")
            if recording:
                recording.write_text(_picture(console), encoding="utf-8")
            if not once:
                _show_addresses(console, everything, told)
                _until_interrupted()
    except FAILURES as error:
        console.print(f"[red]Det gick inte:[/] {escape(str(error) or type(error).__name__)}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _check(books: Path, report_file: Path | None) -> None:
    """What was asked for can be done; found out before anything is started. Raises StoryFailed."""
    try:
        document = sie.read(books)
    except OSError as error:
        raise StoryFailed(f"BOOKS={books}: filen kan inte läsas ({error.strerror}).") from None
    except sie.SieError:
        raise StoryFailed(f"BOOKS={books}: filen är ingen SIE-fil.") from None
    if 0 not in document.years:
        raise StoryFailed(f"BOOKS={books}: filen anger inget räkenskapsår (#RAR 0), så den kan inte läggas i Fortnox.")
    if report_file and not report_file.absolute().parent.is_dir():
        raise StoryFailed(f"REPORT={report_file}: mappen finns inte.")


@contextmanager
def _starting(console: Console, plan: stack.Plan) -> Iterator[stack.Stack]:
    with contextlib.ExitStack() as exits:
        with console.status("Startar Kafka, PostgreSQL, Fortnox-simulatorn och de tre tjänsterna …"):
            everything = exits.enter_context(stack.running(plan))
        yield everything


async def _tell(console: Console, everything: stack.Stack, started: float) -> dict[str, Any]:
    startup = time.monotonic() - started
    console.print(f"Allt är igång efter {_decimal(startup)} s.", highlight=False)
    with Screen(console) as screen:
        async with stack.product_of(everything, screen.heard) as (product, connector, simulator):
            story = Story(product, connector, simulator, everything.plan.books, screen)
            await story.tell()
            told = await report.make(story, seconds=time.monotonic() - started, startup_seconds=startup)
    fortnox = told["fortnox"]
    console.print(
        f"Klart på {_decimal(told['seconds'])} s: {fortnox['calls']} anrop till Fortnox, som mest "
        f"{fortnox['largest_window']} på fem sekunder, {fortnox['too_many_requests']} avvisade. "
        f"Första anropet efter {_decimal(told['first_call_ms'] or 0)} ms.",
        highlight=False,
    )
    return told


def _picture(console: Console) -> str:
    """What was shown, without rich's fonts from the network: any monospaced one will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make demo"), flags=re.DOTALL)


def _decimal(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")


def _show_addresses(console: Console, everything: stack.Stack, told: dict[str, Any]) -> None:
    console.print("\n[bold]Igång tills du trycker Ctrl-C:[/]")
    for name in sorted(everything.ports):
        console.print(f"  {name:<17} {everything.url(name)}", highlight=False)
    if everything.processes:
        folder = next(iter(everything.processes.values())).log.parent
        console.print(f"  {'loggar':<17} {folder}", highlight=False, soft_wrap=True)
    console.print("\n[bold]För egna försök i ett annat fönster:[/]")
    for name, value in _environment(everything, told).items():
        console.print(f"  export {name}='{value}'", highlight=False, soft_wrap=True)


def _environment(everything: stack.Stack, told: dict[str, Any]) -> dict[str, str]:
    """What the README's code and `python -m sandbox product` are told through the environment."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": everything.kafka,
        "DATABASE_URL": everything.postgres,
        "CONNECTOR_URL": everything.url("connector-1"),
        "CONNECTOR_KEY": everything.keys["product"],
        "CONNECTION_ID": told["connection"]["id"],
        "YEAR_FROM": told["import"]["financial_year"]["from_date"],
        "YEAR_TO": told["import"]["financial_year"]["to_date"],
    }


def _until_interrupted() -> None:
    """Waits for Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
