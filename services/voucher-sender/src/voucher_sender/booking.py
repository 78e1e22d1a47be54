"""Books a batch's vouchers in their order: intent, POST, receipt; where an outcome is unknown, finds out first."""

from dataclasses import replace
from datetime import date

import structlog

from common.events.voucher_batches import Policy
from fortnox import (
    NewVoucher,
    NotAllowed,
    OutcomeUnknown,
    PeriodLocked,
    Permit,
    Refused,
    TokenRefused,
    TryLater,
    Voucher,
)
from voucher_sender import lookup, receipts, refusals, resolve, telemetry
from voucher_sender.checks import locked
from voucher_sender.content import payload_hash, to_send
from voucher_sender.lookup import Shelf
from voucher_sender.marker import markers_in
from voucher_sender.problems import MARKERS_HIDDEN, OTHER_COMPANY, UNCERTAIN_CONTRADICTED
from voucher_sender.repository import Batches, Outcome, Pending, SeriesLocks, State, Vouchers
from voucher_sender.right import RightToPost
from voucher_sender.sender import Desk

log = structlog.get_logger()

PROVING = (0, 0.1, 0.3, 0.6)
"""When the list is asked for the first voucher: waits as shares of the settling time, after which it must show it."""
POST_TRIES = 5  # sendings that certainly came to nothing, after which the batch rather waits


class Booking:
    """One attempt at sending a batch, with what it learns of the series on the way."""

    def __init__(self, desk: Desk, right: RightToPost, shelf: Shelf) -> None:
        self._desk = desk
        self._right = right
        self._shelf = shelf
        self._highest = shelf.highest
        self._markers_proven = shelf.shows_markers
        self._first: Voucher | None = None
        self._locked_through: date | None = None
        self._in_doubt = True
        self._stopped = False
        self._from_before: list[Voucher] | None = None

    async def run(self) -> None:
        """Gives each voucher of the batch that passed its outcome. Raises Uncertain, and what calls raise.

        Nothing is sent while one of its own may be in Fortnox: a batch can take over several from ended ones.
        """
        self._stopped = await self._stopped_before()
        for pending in await self._pending():
            if pending.state is State.INTENDED:
                await self._find_out(pending)
        for pending in await self._pending():
            if self._stopped:
                await refusals.stop(self._desk, pending)
            else:
                await self._settle(pending)

    async def _settle(self, pending: Pending) -> None:
        """Until the voucher has its outcome."""
        there = await self._already_there(pending)
        if there:
            await self._keep_found(pending, there)
            return
        while True:
            try:
                await self._send(pending)
                return
            except OutcomeUnknown as unknown:
                telemetry.UNKNOWN_OUTCOMES.inc()
                log.warning("voucher.outcome-unknown", **unknown.details())
            if await self._find_out(await self._reload(pending)):
                return
            pending = await self._reload(pending)

    async def _find_out(self, pending: Pending) -> bool:
        """Whether one that may be in Fortnox is there; then it has its outcome. Else it is free to be sent."""
        found = await resolve.find_out(self._desk, pending)
        if found:
            await self._keep_found(pending, found)
            return True
        async with self._desk.transaction() as connection:
            await Vouchers(connection).found_out(self._desk.tenant, pending, None)
        return False

    async def _already_there(self, pending: Pending) -> list[Voucher]:
        """The vouchers in Fortnox that are this one, sent before our memory. Raises Uncertain."""
        marked = self._shelf.marked(pending.marker)
        seen = await lookup.read_singly(self._desk.fortnox, self._shelf, marked)
        found = [one for one in seen or await self._ours_from_before() if pending.marker in markers_in(one.comments)]
        if marked and not found:
            raise await self._contradicted(pending, marked)
        return found

    async def _contradicted(self, pending: Pending, marked: list[int]) -> resolve.Uncertain:
        """The list shows its marker, and the voucher itself doesn't: it may be there, though not by our sending."""
        async with self._desk.transaction() as connection:
            at = await Vouchers(connection).suspect(
                self._desk.tenant,
                pending,
                voucher_date=self._desk.approved(pending.position).date,
                series=self._desk.command.series,
                financial_year=self._desk.financial_year,
                highest_number=min(marked) - 1,
            )
        numbers = ", ".join(map(str, marked))
        return resolve.Uncertain(pending, at + self._desk.timing.lost, UNCERTAIN_CONTRADICTED, numbers=numbers)

    async def _ours_from_before(self) -> list[Voucher]:
        """What carries a marker although the list shows none: read singly, once for the whole attempt."""
        if self._from_before is None:
            suspects = self._shelf.suspects(lookup.like(self._desk.command.vouchers))
            found = await lookup.read_singly(self._desk.fortnox, self._shelf, suspects)
            self._from_before = [one for one in found if markers_in(one.comments)]
        return self._from_before

    async def _keep_found(self, pending: Pending, found: list[Voucher]) -> None:
        if len(found) > 1:
            await refusals.duplicate(self._desk, pending, found)
            return
        outcome = Outcome.BOOKED if pending.state is State.INTENDED else Outcome.ALREADY_BOOKED
        await receipts.keep(self._desk, pending, found[0], outcome)
        self._highest = max(self._highest, found[0].voucher_number)

    async def _send(self, pending: Pending) -> None:
        """Sends a voucher that is certainly not in Fortnox."""
        day = self._desk.approved(pending.position).date
        if self._locked_through and day <= self._locked_through:
            await refusals.reject_locked(self._desk, pending)
            self._stop()
            return
        await self._clear_doubts()
        await self._prove_markers()
        try:
            answer = await self._post(pending)
        except NotAllowed:
            raise  # the whole batch's affair
        except Refused as refused:
            await self._learn_of_lock(day, refused)
            await refusals.reject(self._desk, pending, refused)
            self._stop()
            return
        sent = replace(pending, financial_year=self._desk.financial_year, series=self._desk.command.series)
        booked = await self._read_back(sent, answer)
        await receipts.keep(self._desk, sent, booked, Outcome.BOOKED)
        self._highest = max(self._highest, booked.voucher_number)
        self._first = self._first or booked
        await self._learn_of_lock(day, None)

    async def _read_back(self, sent: Pending, answer: Voucher) -> Voucher:
        """What Fortnox has booked: its answer, when that tells of exactly what was sent, else what it shows afterwards.

        Raises OutcomeUnknown when the voucher isn't where the answer says.
        """
        if not receipts.differs(self._desk, sent, answer):
            return answer
        log.warning("voucher.read-back")
        booked = await lookup.read_one(self._desk.fortnox, answer.voucher_series, answer.voucher_number, answer.year)
        if booked is None or sent.marker not in markers_in(booked.comments):
            await self._note_over(sent)
            raise OutcomeUnknown("POST /3/vouchers", reason="AnsweredOtherwise")
        return booked

    async def _clear_doubts(self) -> None:
        """Before the first voucher is sent: what other batches left uncertain in the series holds it back."""
        if self._in_doubt:
            await resolve.clear(self._desk)
            self._in_doubt = False

    async def _post(self, pending: Pending) -> Voucher:
        """Intent and POST, again as long as it certainly came to nothing."""
        desk = self._desk
        position = pending.position
        payload = to_send(desk.approved(position), desk.command.series, pending.marker, desk.note(position))
        failure: TryLater | TokenRefused | None = None
        for _ in range(POST_TRIES):
            permit = await self._permit()
            start_by = await self._intend(pending, payload, permit)
            try:
                return await self._desk.fortnox.create_voucher(
                    payload, self._desk.financial_year, permit=permit, start_by=start_by
                )
            except OutcomeUnknown:
                await self._note_over(pending)
                raise
            except (TryLater, TokenRefused) as error:
                await self._note_not_sent(pending)
                failure = error
            except Refused:
                await self._note_not_sent(pending)
                raise
        assert failure is not None
        raise failure

    async def _permit(self) -> Permit:
        """Got before the intent is written, since waiting for it may take long."""
        permit = await self._desk.permits.acquire()
        if permit.tenant != self._desk.tenant:
            permit.answered()
            raise OTHER_COMPANY.error()
        return permit

    async def _intend(self, pending: Pending, payload: NewVoucher, permit: Permit) -> float:
        """Commits the intent on the session that holds the right; returns until when the POST may begin, by boot time.

        Counted from before the commit, so that whoever takes over can reckon from the intent's own time.
        """
        before = self._desk.clock.boottime()
        try:
            async with self._right.transaction(self._desk.job) as connection:
                await Vouchers(connection).intend(
                    self._desk.tenant,
                    pending,
                    voucher_date=payload.transaction_date,
                    series=self._desk.command.series,
                    financial_year=self._desk.financial_year,
                    highest_number=self._highest,
                    payload_hash=payload_hash(payload),
                    lasts=self._desk.timing.longest_post,
                )
        except BaseException:
            permit.answered()  # unused: nobody else may wait for it longer than needed
            raise
        return before + self._desk.timing.post_within

    async def _prove_markers(self) -> None:
        """Before the second voucher is sent: does the company's list show the first one's marker?

        Where it doesn't, looks read vouchers singly (`Shelf.suspects`). Where these don't show it either, every look
        would be blind: then nothing more is sent.
        """
        if self._markers_proven or self._first is None:
            return
        for share in PROVING:
            await self._desk.clock.sleep(share * self._desk.timing.settling.total_seconds())
            shelf = await lookup.read(
                self._desk.fortnox,
                self._first.voucher_series,
                self._first.year,
                down_to=self._first.voucher_number,
            )
            if item := shelf.find(self._first.voucher_number):
                if not markers_in(item.comments):
                    log.warning("series.list-shows-no-markers")
                    await self._prove_by_single_read(self._first)
                break
        self._markers_proven = True

    async def _prove_by_single_read(self, first: Voucher) -> None:
        """Raises ProblemError when the voucher itself shows no marker: neither when it was booked, nor now."""
        if markers_in(first.comments):
            return
        again = await lookup.read_one(self._desk.fortnox, first.voucher_series, first.voucher_number, first.year)
        if again is None or not markers_in(again.comments):
            raise MARKERS_HIDDEN.error(series=first.voucher_series, number=first.voucher_number)

    async def _learn_of_lock(self, day: date, refused: Refused | None) -> None:
        """Fortnox shows only by its answer whether a series is exempt from the lock (Fortnox fact 5.8)."""
        if isinstance(refused, PeriodLocked):
            self._locked_through = max(day, self._locked_through or day)
        elif refused is not None or not locked(day, self._desk.batch.locked_until):
            return
        async with self._desk.transaction() as connection:
            await SeriesLocks(connection).remember(
                self._desk.tenant,
                self._desk.financial_year,
                self._desk.command.series,
                self._desk.batch.locked_until or day,
                lockable=refused is not None,
            )

    def _stop(self) -> None:
        """Fortnox refused one: the rest stays unsent, if the policy says so."""
        self._stopped = self._desk.command.policy is Policy.ALL_OR_NOTHING

    async def _stopped_before(self) -> bool:
        """Whether an earlier attempt came so far."""
        if self._desk.command.policy is not Policy.ALL_OR_NOTHING:
            return False
        async with self._desk.sender.pool.acquire() as connection:
            return await Batches(connection).any_rejected(self._desk.command.batch_id)

    async def _note_over(self, pending: Pending) -> None:
        async with self._desk.transaction() as connection:
            await Vouchers(connection).over(self._desk.tenant, pending.voucher_id)

    async def _note_not_sent(self, pending: Pending) -> None:
        async with self._desk.transaction() as connection:
            await Vouchers(connection).not_sent(self._desk.tenant, pending.voucher_id)

    async def _pending(self) -> list[Pending]:
        async with self._desk.sender.pool.acquire() as connection:
            return await Vouchers(connection).pending(self._desk.command.batch_id)

    async def _reload(self, pending: Pending) -> Pending:
        async with self._desk.sender.pool.acquire() as connection:
            [again] = await Vouchers(connection).pending(self._desk.command.batch_id, pending.position)
        return again


async def begin(desk: Desk, right: RightToPost) -> Booking:
    """Looks once for what the series holds of the batch: what is already there is not sent again.

    A database may have lost what it committed last, and the list may lag: so it goes on singly where the list ends.
    """
    days = {voucher.date for voucher in desk.command.vouchers}
    shelf = await lookup.survey(desk.fortnox, desk.command.series, desk.financial_year, days)
    if desk.permits.tenant != desk.tenant:  # before anything is concluded from another company's list
        raise OTHER_COMPANY.error()
    return Booking(desk, right, replace(shelf, beyond=await lookup.read_on(desk.fortnox, shelf, shelf.highest)))
