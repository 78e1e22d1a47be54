"""Counts and sums of a SIE file, worked out in the plainest way and without the package under test.

`python naive.py FILE…` prints them; the figures in test_samples.py were made with it and looked over by hand.
"""

import sys
import zlib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path


def fields_of(line: str) -> list[str]:
    """Character by character: quotes, \\" and one object list as one field."""
    fields: list[str] = []
    current, quoted, in_list, started = "", False, False, False
    i = 0
    while i < len(line):
        character = line[i]
        if character == "\\" and line[i + 1 : i + 2] == '"':
            current, started, i = current + '"', True, i + 2
            continue
        if character == '"':
            quoted, started = not quoted, True
        elif character == "{" and not quoted and not current:
            in_list, started, current = True, True, "{"
        elif character == "}" and in_list and not quoted:
            in_list, current = False, current + "}"
        elif character in " \t" and not quoted and not in_list:
            if started:
                fields.append(current)
            current, started = "", False
        else:
            current, started = current + character, True
        i += 1
    if started:
        fields.append(current)
    return fields


def figures(data: bytes) -> dict[str, object]:
    """Everything that test_samples compares."""
    labels: Counter[str] = Counter()
    booked: dict[str, Decimal] = defaultdict(Decimal)
    balances: dict[str, Decimal] = defaultdict(Decimal)
    texts: dict[str, list[str]] = defaultdict(list)
    unbalanced, total, inside = 0, Decimal(0), False
    debit = Decimal(0)
    for raw in data.decode("cp437").split("\n"):
        line = raw.strip(" \t\r")
        if line == "{":
            inside, total = True, Decimal(0)
        elif line == "}" and inside:
            inside = False
            unbalanced += total != 0
        if not line.startswith("#"):
            continue
        label, *fields = fields_of(line)
        labels[label[1:]] += 1
        if label == "#TRANS":
            amount = Decimal(fields[2])
            booked[fields[0]] += amount
            total += amount
            debit += max(amount, Decimal(0))
        elif label in BALANCES:
            balances[name_of_balance(label, fields)] += Decimal(fields[BALANCES[label]])
        if text := text_of(label, fields):
            texts[label[1:]].append(text)
    return {
        "labels": dict(sorted(labels.items())),
        "debit": str(debit),
        "accounts_booked": len(booked),
        "unbalanced": unbalanced,
        "balances": {name: str(amount) for name, amount in sorted(balances.items())},
        "texts": {label: fingerprint(found) for label, found in sorted(texts.items())},
    }


BALANCES = {"#IB": 2, "#UB": 2, "#RES": 2, "#OIB": 3, "#OUB": 3, "#PSALDO": 4, "#PBUDGET": 4}
"""Which field is the amount."""


def name_of_balance(label: str, fields: list[str]) -> str:
    """`PSALDO -1 objects`: kind, year, and whether it is of an object or of the account."""
    objects = next((field for field in fields if field.startswith("{")), "{}").strip("{} \t")
    return f"{label[1:]} {fields[0]}" + (" objects" if objects else "")


def text_of(label: str, fields: list[str]) -> str:
    """The text of the record, if it is of a kind that has one: with what it is the text of."""
    place = {"#KONTO": 1, "#OBJEKT": 2, "#DIM": 1, "#VER": 3, "#TRANS": 4, "#BTRANS": 4, "#RTRANS": 4}.get(label)
    if place == 4 and len(fields) == 4 and not fields[3].isdigit():
        place = 3  # in the place of the date
    if place is None or len(fields) <= place or not fields[place]:
        return ""
    return f"{fields[0]}={fields[place]}"


def fingerprint(texts: list[str]) -> list[int]:
    """How many, and a checksum that says nothing of them: some are of files that may not be copied."""
    return [len(texts), zlib.crc32("\n".join(sorted(texts)).encode())]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(Path(name).name, figures(Path(name).read_bytes()))  # noqa: T201
