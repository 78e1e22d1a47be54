"""From bytes to a `Document`."""

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from sie import checksum, core, encodings
from sie.assembly import Assembly
from sie.core import Counts
from sie.document import Document, Origin, assembled
from sie.encodings import Encoding
from sie.problems import Problems, SieError, make
from sie.progress import Progress
from sie.records import Header
from sie.scanner import scan

Source = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO
"""Bytes, a path, or a file opened for reading bytes."""

MOST_LINES = 2**31 - 2
"""Numbers of lines, rows and vouchers are 32-bit columns."""

_END_OF_FILE = b"\x1a"
_CR_BEFORE_RECORD = re.compile(rb"\r(?=[ \t]*+[#{}])")
_CR_IN_TEXT = re.compile(rb"\r(?![\r\n]|\Z)")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r" + _END_OF_FILE)) + b"\x7f"


def read(source: Source, *, encoding: str | None = None, progress: Progress | None = None) -> Document:
    """Reads SIE 1–4 in whatever character set it is, which is told from the bytes unless given.

    What deviates is told in `problems`; SieError only if there is no SIE file to be made of it at all.
    """
    data, name = _load(source)
    sha256 = hashlib.sha256(data).hexdigest()
    _refuse_foreign(data)
    counts = core.tally(data)
    if max(counts[byte] for byte in b"\n\r") > MOST_LINES:
        raise SieError(make("too-many-lines"))
    found = encodings.named(encoding, data) if encoding else encodings.detect(data, counts)
    assembly = Assembly()
    text = _prepared(data, found, counts, assembly)
    scan(text, found.name, assembly, progress)
    if not assembly.counts:
        raise SieError(make("not-sie"), *assembly.problems.kept[:10])
    verdict = checksum.verdict(text, found.name, assembly)
    said = {name: value for name, value in assembly.header.items() if value != ""}
    header = Header(**said)  # type: ignore[arg-type]  # the slots of `headers` are its fields
    declared, is_cut_off = assembly.checksum.declared, assembly.is_cut_off
    return assembled(assembly, Origin(name, len(data), sha256, found, verdict, declared, is_cut_off), header)


def _load(source: Source) -> tuple[bytes, str]:
    """The bytes and the file's name, if it has one."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str | os.PathLike):
        return Path(source).read_bytes(), Path(source).name
    data = source.read()
    if not isinstance(data, bytes):
        raise TypeError("open the file for reading bytes (mode 'rb')")
    name = getattr(source, "name", "")
    return data, Path(name).name if isinstance(name, str) else ""


def _refuse_foreign(data: bytes) -> None:
    if not data or data.isspace():
        raise SieError(make("empty"))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SieError(make("utf-16"))
    if data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise SieError(make("sie-5"))


def _prepared(data: bytes, encoding: Encoding, counts: Counts, assembly: Assembly) -> bytes:
    """The bytes without a byte order mark and an end-of-file mark, and what is odd about them as a whole, told."""
    problems = assembly.problems
    _tell_encoding(encoding, problems)
    end = len(data)
    if counts[_END_OF_FILE[0]]:
        end = len(data.rstrip(_END_OF_FILE))
        if end < len(data):
            problems.add("end-of-file-mark")
    are_controls = any(counts[byte] for byte in _CONTROLS) or counts[_END_OF_FILE[0]] > len(data) - end
    data = data[3 if encoding.mark else 0 : end]
    if counts[b"\r"[0]]:
        data, are_left = _split_at_cr(data, counts, problems)
        are_controls |= are_left
    if are_controls:
        problems.add("control-character")
    return data if encodings.is_valid(data, encoding.name) else encodings.mended(data, encoding.name, problems)


def _tell_encoding(encoding: Encoding, problems: Problems) -> None:
    shown = encodings.KNOWN[encoding.name]
    if encoding.mark and encoding.name != "utf-8":
        problems.add("byte-order-mark", encoding=shown)
    if encoding.name != "cp437":
        problems.add("encoding", encoding=shown + (" (BOM)" if encoding.mark else ""))
    if encoding.certainty == "unsure":
        problems.add("encoding-unsure", encoding=shown)


def _split_at_cr(data: bytes, counts: Counts, problems: Problems) -> tuple[bytes, bool]:
    """The lines that end with CR alone made to end with LF; whether other lone CRs are left, which is in texts."""
    lone = core.lone_returns(data)
    if not lone:
        return data, False
    data, split = _CR_BEFORE_RECORD.subn(b"\n", data) if counts[b"\n"[0]] else (data.replace(b"\r", b"\n"), lone)
    if split:
        problems.add("line-ends")
    return data, bool(_CR_IN_TEXT.search(data))
