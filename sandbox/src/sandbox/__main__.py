"""`python -m sandbox …`: the parts of the sandbox, each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.fortnox import server
from sandbox.fortnox.founding import Wanted
from sandbox.product import command as product

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The sandbox: a simulated Fortnox and what uses it.",
)


app.add_typer(product.app, name="product")


@app.command()
def fortnox(
    port: Annotated[int, typer.Option(help="Port on the loopback; 0 takes a free one.")] = 0,
    books: Annotated[list[Path] | None, typer.Option(help="A SIE file; each one becomes a company.")] = None,
    data: Annotated[Path | None, typer.Option(help="Keep everything in this file; it outlives the process.")] = None,
    client_id: Annotated[str, typer.Option(help="The application's id.")] = "sandbox-client",
    client_secret: Annotated[str, typer.Option(help="Its secret.")] = "sandbox-secret",  # noqa: S107 - made up
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Registered redirect address; without any, all are accepted.")
    ] = None,
    method: Annotated[str, typer.Option(help="ACCRUAL or CASH.")] = "ACCRUAL",
    seed: Annotated[int, typer.Option(help="Seed of the generated ledgers.")] = 1,
    host: Annotated[str, typer.Option(help="Address to listen on. /_sim has no authentication.")] = "127.0.0.1",
) -> None:
    """Runs the simulated Fortnox: point any Fortnox client's base addresses to it."""
    settings = server.Settings(
        port=port,
        books=tuple(books or ()),
        data=data,
        client_id=client_id,
        client_secret=client_secret,
        redirect_uris=tuple(redirect_uri or ()),
        wanted=Wanted(method=method, seed=seed),
        host=host,
    )
    server.run(settings, lambda address: print(f"Fortnox simulator ready at {address}", flush=True))


@app.command()
def demo(
    books: Annotated[Path | None, typer.Option(help="Load these books (a SIE 4 file) into the simulator.")] = None,
    once: Annotated[bool, typer.Option(help="End by itself instead of running until Ctrl-C.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write what happened to this file, as JSON.")] = None,
    recording: Annotated[Path | None, typer.Option(help="Write what was shown to this file, as SVG.")] = None,
) -> None:
    """Tells one company's story on real parts: connect, import, send closing vouchers."""
    from sandbox import demo as story  # noqa: PLC0415 - the simulator alone needn't load all of it

    raise typer.Exit(story.run(books=books, once=once, report_file=report, recording=recording))


@app.command()
def histories(
    n: Annotated[int, typer.Option(help="How many.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The first one's seed; each further one has the next.")] = 0,
    processes: Annotated[int, typer.Option(help="How many are played at once.")] = 2,
    trace: Annotated[bool, typer.Option(help="Play the seed alone and print all that happens.")] = False,
) -> None:
    """Plays random histories of the voucher-sender with faults of all kinds, and judges each."""
    from sandbox.histories import command  # noqa: PLC0415 - likewise

    figures = command.trace(seed) if trace else command.run(n, seed, processes)
    raise typer.Exit(1 if figures.failing_seeds else 0)


@app.command()
def docs(folder: Annotated[Path, typer.Option(help="Where to.")] = Path("docs")) -> None:
    """Writes the generated pages of docs/."""
    from sandbox import documentation  # noqa: PLC0415 - likewise

    documentation.write(folder)


if __name__ == "__main__":
    app()
