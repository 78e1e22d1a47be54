"""Counts and sums of a SIE file, worked out in the plainest way and without the package under test.

`python naive.py FILE…` prints them; the figures in test_samples.py were made with it and looked over by hand.
"""

import sys
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
        elif label in {"#IB", "#UB", "#RES"} and fields[0] == "0":
            balances[label[1:]] += Decimal(fields[2])
        elif label == "#PSALDO" and fields[0] == "0" and fields[3] in {"{}", "{ }"}:
            balances["PSALDO"] += Decimal(fields[4])
    return {
        "labels": dict(sorted(labels.items())),
        "debit": str(debit),
        "accounts_booked": len(booked),
        "unbalanced": unbalanced,
        "balances": {kind: str(amount) for kind, amount in sorted(balances.items())},
    }


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(Path(name).name, figures(Path(name).read_bytes()))  # noqa: T201
