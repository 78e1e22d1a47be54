"""Starts everything, tells the story, and leaves it running until Ctrl-C."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console

from sandbox import stack
from sandbox.demo import report
from sandbox.demo.screen import Screen
from sandbox.demo.story import Story, StoryFailed
from sandbox.embedded import EmbeddedError


def run(*, books: Path | None, once: bool, report_file: Path | None, recording: Path | None = None) -> int:
    """The demo; returns the process's exit status: 0 only if all went well."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    console = Console(record=recording is not None, width=100 if recording else None)
    started = time.monotonic()
    plan = stack.Plan(
        books=books or stack.DEFAULT_BOOKS,
        kafka=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"),
        postgres=os.environ.get("DATABASE_URL"),
    )
    try:
        with _starting(console, plan) as everything:
            told = asyncio.run(_tell(console, everything, started))
            if report_file:
                report_file.write_text(json.dumps(told, indent=2, ensure_ascii=False), encoding="utf-8")
            if recording:
                console.save_svg(str(recording), title="make demo")
            if not once:
                _show_addresses(console, everything)
                _until_interrupted()
    except (StoryFailed, EmbeddedError, TimeoutError) as error:
        console.print(f"[red]Det gick inte:[/] {error or type(error).__name__}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def _starting(console: Console, plan: stack.Plan) -> Iterator[stack.Stack]:
    with contextlib.ExitStack() as exits:
        with console.status("Startar Kafka, PostgreSQL, Fortnox-simulatorn och de tre tjänsterna …"):
            everything = exits.enter_context(stack.running(plan))
        yield everything


async def _tell(console: Console, everything: stack.Stack, started: float) -> dict[str, Any]:
    startup = time.monotonic() - started
    console.print(f"Allt är igång efter {startup:.1f} s.", highlight=False)
    with Screen(console) as screen:
        async with stack.product_of(everything, screen.heard) as (product, connector, simulator):
            story = Story(product, connector, simulator, everything.plan.books, screen)
            await story.tell()
            told = await report.make(story, seconds=time.monotonic() - started, startup_seconds=startup)
    fortnox = told["fortnox"]
    console.print(
        f"Klart på {told['seconds']} s: {fortnox['calls']} anrop till Fortnox, som mest {fortnox['largest_window']} "
        f"på fem sekunder, {fortnox['too_many_requests']} avvisade. Första anropet efter {told['first_call_ms']} ms.",
        highlight=False,
    )
    return told


def _show_addresses(console: Console, everything: stack.Stack) -> None:
    console.print("\n[bold]Igång tills du trycker Ctrl-C:[/]")
    console.print(f"  Kafka       {everything.kafka}", highlight=False)
    console.print(f"  PostgreSQL  {everything.postgres}", highlight=False, soft_wrap=True)
    for name in sorted(everything.ports):
        console.print(f"  {name:<17} {everything.url(name)}", highlight=False)
    if everything.processes:
        folder = next(iter(everything.processes.values())).log.parent
        console.print(f"  Loggar      {folder}", highlight=False, soft_wrap=True)


def _until_interrupted() -> None:
    """Waits for Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
