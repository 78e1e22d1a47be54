"""One pass over the bytes: rows, vouchers and balances in the usual form into columns, other lines to `Careful`."""

from sie import core, native, plain
from sie.assembly import Assembly
from sie.encodings import is_valid
from sie.progress import Progress


def scan(data: bytes, encoding: str, assembly: Assembly, progress: Progress | None = None) -> None:
    """Reads the lines into the assembly, natively where that is possible. Both ways read every file the same.

    Natively texts are told apart by their bytes, so that each byte must be a character's.
    """
    if core.NAME == "native" and (encoding != "cp1252" or is_valid(data, encoding)):
        native.scan(data, encoding, assembly, progress)
    else:
        plain.scan(data, encoding, assembly, progress)
