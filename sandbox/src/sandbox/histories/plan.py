"""A history before it happens: all that is decided by its seed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

from common.events import FinancialYear, VouchersApproved, VouchersCorrectionRequested
from common.events.voucher_batches import ApprovedVoucher, Mode, Policy, VoucherRow

YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
DAYS = (date(2025, 6, 30), date(2025, 12, 31), date(2025, 12, 31))
SERIES = ("I", "I", "A")
POST_FAULTS = (
    *("status-500-after", "status-504-after", "timeout-after", "reset-after", "truncate", "truncate-json"),
    *("status-500-before", "timeout-before", "reset-before", "html-before", "status-429", "status-401"),
)
GET_FAULTS = ("status-503", "status-429", "truncate", "timeout-before", "reset-before", "html", "status-401")
BLOWS = ("kill", "kill", "stop", "stop", "cut")
PEOPLE = ("book", "book", "book", "delete", "strike", "lock", "unlock", "close account", "open account")
SETTLING = 60.0  # seconds for which Fortnox's lists may lag, at most (the sender's default)
CALL_TIMEOUT = 30.0


@dataclass(frozen=True)
class Sending:
    """A command that the product sends, as often as `at` has times."""

    at: tuple[float, ...]
    command: VouchersApproved | VouchersCorrectionRequested


@dataclass(frozen=True)
class Blow:
    """What happens to a replica in the middle of something: after so many steps of its life."""

    replica: int
    steps: int
    kind: str
    seconds: float


@dataclass(frozen=True)
class Fault:
    """A fault of the simulator (`fortnox/faults.py`)."""

    match: str
    kind: str
    skip: int
    times: int


@dataclass(frozen=True)
class Plan:
    """Times are seconds from the beginning."""

    seed: int
    ends: float
    """When faults stop."""
    replicas: int
    sendings: tuple[Sending, ...]
    faults: tuple[Fault, ...]
    blows: tuple[Blow, ...]
    people: tuple[tuple[float, str], ...]
    rebalances: tuple[float, ...]
    lost: tuple[tuple[float, float], ...]
    """From when the connection is lost, and for how long."""
    dead_tokens: tuple[float, ...]
    lag: float
    shows_comments: bool
    latency: float
    slot_wait: float
    slow: float
    longest_thought: float
    around_posts: float
    """How probable it is, at each moment of a POST, that something happens just then."""

    @property
    def last_sending(self) -> float:
        return max(at for sending in self.sendings for at in sending.at)


def draw(seed: int) -> Plan:
    """The plan of a seed. Faults are rare in some histories and come together in others."""
    random = Random(seed)
    ends = random.uniform(60, 400)
    wild = random.choice((0.0, 0.5, 1.0, 1.0, 2.0))
    lag = random.choice((0.0, 0.0, random.uniform(0, SETTLING), SETTLING - 1))

    def several(most: int) -> range:
        return range(round(wild * random.randint(0, most)))

    def some_time() -> float:
        return random.uniform(0, ends)

    return Plan(
        seed=seed,
        ends=ends,
        replicas=random.randint(1, 4),
        sendings=_sendings(random),
        faults=tuple(_fault(random) for _ in several(5)),
        blows=tuple(_blow(random) for _ in several(3)),
        people=tuple((some_time(), random.choice(PEOPLE)) for _ in several(4)),
        rebalances=tuple(some_time() for _ in several(2)),
        lost=tuple((some_time(), random.uniform(1, 200)) for _ in several(1)),
        dead_tokens=tuple(some_time() for _ in several(2)),
        lag=lag,
        shows_comments=random.random() < 0.8,
        latency=random.choice((0.0, 0.2, 2.0)),
        slot_wait=random.choice((0.0, 0.2, 5.0)),
        slow=wild * random.choice((0.0, 0.1)),
        longest_thought=random.choice((5.0, CALL_TIMEOUT + 0.9 * (SETTLING - lag))),
        around_posts=wild * random.choice((0.0, 0.03, 0.1)),
    )


def _fault(random: Random) -> Fault:
    if random.random() < 0.7:
        return Fault("POST /3/vouchers", random.choice(POST_FAULTS), random.randint(0, 8), random.choice((1, 1, 1, 2)))
    return Fault("GET /3/*", random.choice(GET_FAULTS), random.randint(0, 40), random.randint(1, 6))


def _blow(random: Random) -> Blow:
    steps = int(2 ** random.uniform(4, 12))
    return Blow(random.randrange(4), steps, random.choice(BLOWS), random.choice((1.0, 10.0, 40.0, 200.0)))


def _sendings(random: Random) -> tuple[Sending, ...]:
    """One to three batches, of which some come again in whatever way."""
    connections = [_uuid(random) for _ in range(random.choice((1, 1, 2, 3)))]
    sendings: list[Sending] = []
    number = 0
    for _ in range(random.randint(1, 3)):
        many = random.randint(1, 6)
        vouchers = [_voucher(random, number + one) for one in range(1, many + 1)]
        number += many
        batch = _batch(random, random.choice(connections), vouchers)
        at = random.uniform(0, 60)
        sendings.append(Sending((at,), batch))
        if random.random() < 0.3:
            sendings[-1] = Sending((at, at + random.uniform(0, 200)), batch)
        if random.random() < 0.3:
            sendings.append(Sending((at + random.uniform(0, 200),), _again(random, connections, batch)))
        for _ in range(random.choice((0, 0, 1, 2))):
            later = at + random.uniform(0, 300)
            sendings.append(Sending((later, later + 20)[: random.randint(1, 2)], _correction(random, batch)))
    return tuple(sendings)


def _again(random: Random, connections: list[UUID], batch: VouchersApproved) -> VouchersApproved:
    """The same vouchers once more: changed or not, under the same id or not, by another connection or not."""
    vouchers = list(batch.vouchers)
    if random.random() < 0.4:
        place = random.randrange(len(vouchers))
        vouchers[place] = _changed(vouchers[place])
    if random.random() < 0.3:
        vouchers = vouchers[: random.randint(1, len(vouchers))]
    if random.random() < 0.2:
        return batch.model_copy(update={"vouchers": tuple(vouchers)})
    return _batch(random, random.choice(connections), vouchers)


def _correction(random: Random, batch: VouchersApproved) -> VouchersCorrectionRequested:
    """Asks for some of the batch's vouchers to be reversed, whether they are booked by then or not."""
    ids = [one.voucher_id for one in batch.vouchers]
    return VouchersCorrectionRequested(
        connection_id=batch.connection_id,
        correction_id=_uuid(random),
        financial_year=YEAR,
        series=random.choice(SERIES),
        date=YEAR.to_date,
        voucher_ids=tuple(random.sample(ids, random.randint(1, len(ids)))),
        requested_by="Redovisningskonsulten",
    )


def _batch(random: Random, connection: UUID, vouchers: list[ApprovedVoucher]) -> VouchersApproved:
    return VouchersApproved(
        connection_id=connection,
        batch_id=_uuid(random),
        financial_year=YEAR,
        series=random.choice(SERIES),
        mode=Mode.CHECK if random.random() < 0.08 else Mode.BOOK,
        policy=random.choice(list(Policy)),
        vouchers=tuple(vouchers),
    )


def _voucher(random: Random, number: int) -> ApprovedVoucher:
    amount = Decimal(random.randint(1, 99_999)) / 100
    other = amount + (1 if random.random() < 0.02 else 0)  # not balanced
    rows = (VoucherRow(account=7832, debit=amount), VoucherRow(account=1229, credit=other))
    return ApprovedVoucher(
        voucher_id=f"v-{number}", date=random.choice(DAYS), description=f"Bokslut {number}", rows=rows
    )


def _changed(voucher: ApprovedVoucher) -> ApprovedVoucher:
    rows = (
        VoucherRow(account=6570, debit=Decimal(7)),
        VoucherRow(account=1930, credit=Decimal(7)),
    )
    return voucher.model_copy(update={"description": f"{voucher.description}, rättad", "rows": rows})


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
