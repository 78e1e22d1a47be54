"""`python -m sandbox …`: the parts of the sandbox, each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.fortnox import server
from sandbox.fortnox.founding import Wanted

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The sandbox: a simulated Fortnox and what uses it.")


@app.callback()
def main() -> None:
    """Keeps the parts as subcommands, however many there are."""


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


if __name__ == "__main__":
    app()
