"""`python -m sie FILE…` reads and checks SIE files; `python -m sie compare OLD NEW` tells what differs."""

import argparse
import io
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sie import as_json, differences, summary
from sie.checks import check
from sie.comparing import compare
from sie.document import Document
from sie.problems import SieError, make
from sie.progress import Progress
from sie.reader import read
from sie.words import Words

_FAILURES: dict[type[OSError], str] = {
    FileNotFoundError: "file-missing",
    NotADirectoryError: "file-missing",
    IsADirectoryError: "file-is-folder",
    PermissionError: "file-forbidden",
}
LARGE_FILE = 5_000_000
"""Bytes; half a second's work without the native core."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every file could be read, else 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    if given[:1] == ["compare"]:
        return _compare(given[1:])
    options = _parser("python -m sie", "Reads and checks SIE files.", "file", many=True).parse_args(given)
    words = Words(options.lang)
    return max(_show(path, words, options.json) for path in options.file)


def _compare(given: Sequence[str]) -> int:
    parser = _parser("python -m sie compare", "Tells what differs between two SIE files of one year.", "old")
    parser.add_argument("new")
    options = parser.parse_args(given)
    words = Words(options.lang)
    documents = [_read(path, words, options.json) for path in (options.old, options.new)]
    old, new = documents
    if old is None or new is None:
        return 1
    comparison = compare(old, new)
    if options.json:
        print(json.dumps(as_json.of_comparison(comparison), ensure_ascii=False))
    else:
        print("\n".join(differences.of_comparison(comparison, words)))
    return 0


def _show(path: str, words: Words, wants_json: bool) -> int:
    document = _read(path, words, wants_json)
    if document is None:
        return 1
    findings = check(document)
    if wants_json:
        print(json.dumps(as_json.of_document(document, findings), ensure_ascii=False))
    else:
        print("\n".join(summary.of_document(Path(path).name, document, findings, words)), end="\n\n")
    return 0


def _read(path: str, words: Words, wants_json: bool) -> Document | None:
    """None if that failed, which has been told then."""
    try:
        return read(path, progress=_progress(path))
    except SieError as error:
        problems = error.problems
    except OSError as error:
        problems = (make(_FAILURES.get(type(error), "file-unreadable")),)
    if wants_json:
        print(json.dumps(as_json.of_failure(path, problems), ensure_ascii=False))
    else:
        print("\n".join(summary.of_failure(path, problems, words)), end="\n\n", file=sys.stderr)
    return None


def _progress(path: str) -> Progress | None:
    """A progress bar on a terminal, for files that take more than a moment."""
    if not sys.stderr.isatty() or Path(path).stat().st_size < LARGE_FILE:
        return None

    def show(done: int, total: int) -> None:
        share = done / total
        bar = f"{'#' * int(share * 40):<40} {share:4.0%}" if done < total else " " * 46
        print(f"\r{bar}", end="\r" if done >= total else "", file=sys.stderr, flush=True)

    return show


def _parser(program: str, description: str, first: str, *, many: bool = False) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument(first, nargs="+" if many else None)
    parser.add_argument("--json", action="store_true", help="print a line with one JSON object for each file")
    parser.add_argument("--lang", choices=["sv", "en"], default="sv", help="the language of the summary (sv)")
    return parser


if __name__ == "__main__":
    if sys.platform != "win32":
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends us silently, as it does other commands
    sys.exit(main())
