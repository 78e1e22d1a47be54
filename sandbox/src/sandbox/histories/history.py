"""One history: what its plan says happens to real parts of the voucher-sender, and what the checker says of it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from common import database as db
from common.events import (
    ConnectionEstablished,
    Event,
    VouchersApproved,
    VouchersCorrectionRequested,
    new_event,
    to_record,
)
from common.events.connections import ConnectionKind, ConnectionStatus
from sandbox.histories import wires
from sandbox.histories.checker import judge, replayed
from sandbox.histories.fortnox_side import TENANT, FortnoxSide
from sandbox.histories.loop import VirtualClock, VirtualLoop
from sandbox.histories.network import Network
from sandbox.histories.plan import BLOWS, PEOPLE, Plan, draw
from sandbox.histories.process import Process, Stand, nobody
from sandbox.histories.record import Command, Record
from sandbox.histories.replica import Surroundings, live
from sandbox.histories.topic import SESSION, Topic
from sandbox.histories.verdict import Verdict

LOOK = 15.0  # seconds between looks whether it has come to its end
LONGEST = 6 * 3600.0  # seconds after which it has not
RESTART = (0.5, 20.0)  # seconds until a dead replica is replaced
IN_TRANSACTION = 60.0  # seconds after which PostgreSQL ends the session of a process that stands still in one


@dataclass
class Told:
    """A history that has ended."""

    seed: int
    verdict: Verdict
    unknown_outcomes: int
    trace: list[str] = field(default_factory=list)


class History:
    """Plays one plan. Everything in here that is no replica is nobody's: it never stands still."""

    def __init__(self, loop: VirtualLoop, judge: db.Connection, dsn: str, seed: int, trace: list[str]) -> None:
        self.plan: Plan = draw(seed)
        self.trace: list[str] = trace
        self._loop, self._judge, self._dsn = loop, judge, dsn
        self._random = Random(seed + 2)
        self._fortnox = FortnoxSide(loop, self.plan, self._at_a_call)
        self._network = Network(loop, self._fortnox.transport, Random(seed + 3), self._at_a_call)
        self._commands, self._connections = Topic(), Topic()
        self._sent: list[Command] = []
        self._happened: set[str] = set()
        self._replicas: list[Process] = []
        self._calm = False
        self._blows = 0
        self._broken: BaseException | None = None
        self._around = Surroundings(
            dsn, VirtualClock(loop), self._fortnox, self._network, self._commands, self._connections, self._note
        )

    async def play(self) -> Told:
        self._prepare()
        try:
            await asyncio.sleep(self.plan.ends)
            self._end_faults()
            await asyncio.sleep(max(0.0, self.plan.last_sending - self.plan.ends))
            await self._quiet()
            before = await self._record()
            for record in list(self._commands.records):
                self._commands.send(record)
            await self._quiet()
            verdict = judge(before, one_clock=True)
            verdict.changed_by_replay = replayed(before, await self._record())
        finally:
            self._clear_away()
        if self._broken:
            verdict.lost.append(f"a replica ended by {self._broken!r}")
        return Told(self.plan.seed, verdict, self._network.unknown_outcomes, self.trace)

    def _prepare(self) -> None:
        """Everything that the plan knows the time of."""
        plan = self.plan
        self._network.latency, self._network.slow = plan.latency, plan.slow
        self._network.longest_thought = plan.longest_thought
        for _ in range(plan.replicas):
            self._start()
        for sending in plan.sendings:
            event = new_event(sending.command, source="product", time=self._loop.moment)
            for at in sending.at:
                self._at(at, self._send, event)
        for at, name in plan.people:
            self._at(at, self._person, name)
        for at in plan.rebalances:
            self._at(at, self._rebalance)
        for at, seconds in plan.lost:
            self._at(at, self._lose, seconds)
        for at in plan.dead_tokens:
            self._at(at, self._kill_tokens)

    def _at(self, seconds: float, action: Callable[..., object], *args: Any) -> None:
        self._loop.call_at(seconds, action, *args)

    def _in(self, seconds: float, action: Callable[..., object], *args: Any) -> None:
        self._loop.call_later(seconds, action, *args, context=nobody())

    # What happens

    def _start(self) -> None:
        number = len(self._replicas)
        process = Process(self._loop, f"r{number + 1}")
        self._replicas.append(process)
        self._note(process, "starts")
        if not self._calm:
            for blow in self.plan.blows:
                if blow.replica == number:
                    process.after(blow.steps, partial(self._blow, process, blow.kind, blow.seconds))
        process.start(live(process, self._around)).add_done_callback(partial(self._ended, process), context=nobody())

    def _ended(self, process: Process, life: asyncio.Task[None]) -> None:
        """A replica never ends by itself."""
        if not life.cancelled() and (error := life.exception()):
            self._note(process, f"ended by {error!r}")
            self._broken = self._broken or error

    def _send(self, event: Event[VouchersApproved | VouchersCorrectionRequested]) -> None:
        command = Command(event.id, event.data.TYPE, TENANT, event.data.model_dump(mode="json"))
        self._note(None, f"{command.type} {command.key[:8]} {event.data.series} {command.voucher_ids}")
        self._sent.append(command)
        self._commands.send(to_record(event))

    def _blow(self, process: Process, kind: str, seconds: float) -> None:
        if self._calm or process.stand is not Stand.RUNS:
            return
        self._note(process, f"{kind} {seconds:.0f} s" if kind == "stop" else kind)
        self._blows += 1
        if kind == "kill":
            process.kill()
            self._in(self._random.uniform(*RESTART), self._start)
        elif kind == "stop":
            process.stop()
            self._in(IN_TRANSACTION, self._end_transactions, process)
            self._in(seconds, self._go_on, process)
        else:
            wires.cut(process)
        for topic in (self._commands, self._connections):
            self._in(SESSION, topic.missed, process)

    def _end_transactions(self, process: Process) -> None:
        if process.stand is Stand.STOPPED:
            wires.cut(process, only_in_transaction=True)

    def _go_on(self, process: Process) -> None:
        if process.stand is Stand.STOPPED:
            self._note(process, "goes on")
            process.go_on()

    def _person(self, name: str) -> None:
        if not self._calm:
            self._note(None, f"somebody: {name}")
            self._happened.add(name)
            self._fortnox.act(name)

    def _rebalance(self) -> None:
        self._note(None, "rebalance")
        self._commands.rebalance()

    def _lose(self, seconds: float) -> None:
        self._note(None, "connection lost")
        self._fortnox.lost = True
        self._in(seconds, self._reconnect)

    def _reconnect(self) -> None:
        """Established again, which is told of all the company's connections."""
        self._note(None, "connection established")
        self._fortnox.lost = False
        for connection_id in {sending.command.connection_id for sending in self.plan.sendings}:
            established = ConnectionEstablished(
                connection_id=connection_id,
                status=ConnectionStatus.ACTIVE,
                kind=ConnectionKind.SERVICE_ACCOUNT,
                tenant=TENANT,
                company_name="Provbolaget AB",
                organisation_number="556677-8899",
                reference="1",
                scopes=("bookkeeping",),
                connected_at=self._loop.moment,
            )
            self._connections.send(to_record(new_event(established, source="connector", time=self._loop.moment)))

    def _kill_tokens(self) -> None:
        self._note(None, "tokens die")
        self._fortnox.kill_tokens()

    def _at_a_call(self, call: str, moment: str, process: Process | None) -> None:
        """Things happen around what counts: a voucher on its way, and the wait for a slot that comes before."""
        if call != "a slot":
            self._note(process, f"{call} {moment}")
        if self._calm or call.startswith("GET") or self._random.random() >= self.plan.around_posts:
            return
        if process and self._random.random() < 0.6:
            self._blow(process, self._random.choice(BLOWS), self._random.choice((1.0, 20.0, 100.0)))
        else:
            self._person(self._random.choice(PEOPLE))

    def _end_faults(self) -> None:
        self._note(None, "faults end")
        self._calm = True
        self._network.slow = 0.0
        self._fortnox.calm()
        for process in self._replicas:
            self._go_on(process)
        self._reconnect()

    # Its end

    async def _quiet(self) -> None:
        """Until nothing is left to do, or for ever."""
        give_up_at = self._loop.time() + LONGEST
        while self._loop.time() < give_up_at:
            await asyncio.sleep(LOOK)
            if self._commands.read and self._connections.read and not await self._unfinished():
                return
        self._note(None, "does not come to an end")

    async def _unfinished(self) -> int:
        return int(
            await self._judge.fetchval("select count(*) from jobs where status in ('queued', 'running', 'waiting')")
        )

    async def _record(self) -> Record:
        rows = await self._judge.fetch("select value, headers from outbox order by id")
        events = [{"type": dict(row["headers"])["ce_type"], **json.loads(row["value"])} for row in rows]
        return Record(self._fortnox.books(), events, list(self._sent), frozenset(self._happened), self._blows)

    def _clear_away(self) -> None:
        for process in self._replicas:
            process.kill()
        for process in self._replicas:
            process.bury()

    def _note(self, process: Process | None, text: str) -> None:
        self.trace.append(f"{self._loop.time():9.3f} {process.name if process else '':4} {text}")
