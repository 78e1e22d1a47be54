"""What becomes of an import that can't go on: it waits, it fails or it is refused, and says so."""

from datetime import timedelta
from functools import singledispatch
from typing import Any
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError

import fortnox
from common.database import Connection
from common.events import (
    EventData,
    ImportCancelled,
    ImportFailed,
    ImportRefused,
    ImportRequested,
    ImportWaiting,
    Trouble,
)
from common.jobs import Job
from common.jobs.store import Claim
from common.leases import ConnectorAway, LeaseRefused
from common.problems import Problem, ProblemError
from importer import problems
from importer.repository import Imports

log = structlog.get_logger()

EXPECTED = (ProblemError, fortnox.FortnoxError, LeaseRefused, ConnectorAway, KafkaError)
"""What can stop an import without anything being wrong with us."""
REFUSALS = (
    problems.WRONG_COMPANY,
    problems.NO_FINANCIAL_YEAR,
    problems.WRONG_FINANCIAL_YEAR,
    problems.SIE_OF_ANOTHER_COMPANY,
    problems.SIE_OF_ANOTHER_YEAR,
)
"""The request can't be carried out as it stands: Fortnox has another company or year than was asked for."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
WAITING_FOR_A_PERSON = timedelta(minutes=30)
"""Between looks at a lost connection; a new consent wakes the import at once."""
GONE_FOR_GOOD = frozenset({"connection.unknown", "connection.removed"})
"""The connector's own words for a connection that nobody can bring back."""


async def meet(job: Job[ImportRequested], error: Exception, patience: timedelta) -> None:
    """Ends or postpones the job as the error asks for."""
    trouble = trouble_of(error)
    if passes(error):
        await _wait(job, error, trouble, patience)
    elif isinstance(error, ProblemError) and error.problem in REFUSALS:
        await end(job, ImportRefused, "refused", trouble)
    else:
        await end(job, ImportFailed, "failed", trouble)


async def end(
    job: Job[ImportRequested], event: type[ImportFailed | ImportRefused], status: str, trouble: Trouble
) -> None:
    """Ends the import without a result."""
    said = event(connection_id=job.connection_id, import_id=job.command.import_id, trouble=trouble)
    async with job.transaction() as connection:
        await _end(connection, job, said, status, trouble)
    log.warning(event.TYPE, code=trouble.code)


async def cancelled(job: Job[ImportRequested]) -> None:
    """It was stopped as asked, or because a later request gives all that it would have given."""
    async with job.transaction() as connection:
        row = await Imports(connection).find(job.command.import_id)
        said = ImportCancelled(
            connection_id=job.connection_id,
            import_id=job.command.import_id,
            superseded_by=row.superseded_by if row else None,
        )
        await _end(connection, job, said, "cancelled", None)
    log.info(said.TYPE)


async def buried(connection: Connection, claim: Claim, error: ProblemError) -> list[EventData]:
    """Ends an import whose command can't be read any more, and tells it: its ids are all that is needed for that."""
    import_id, trouble = UUID(claim.business_key), Trouble.of(error)
    await Imports(connection).end(import_id, "failed", trouble)
    return [ImportFailed(connection_id=claim.connection_id, import_id=import_id, trouble=trouble)]


async def _end(
    connection: Connection, job: Job[ImportRequested], said: EventData, status: str, trouble: Trouble | None
) -> None:
    await Imports(connection).end(job.command.import_id, status, trouble)
    await job.complete_in(connection, said)


async def _wait(job: Job[ImportRequested], error: Exception, trouble: Trouble, patience: timedelta) -> None:
    """Goes on later by itself, and gives up when its time is out. Kept and told in one commit, or neither."""
    about: dict[str, Any] = {"connection_id": job.connection_id, "import_id": job.command.import_id, "trouble": trouble}
    async with job.transaction() as connection:
        waited = await Imports(connection).waiting(job.command.import_id, trouble)
        now, gives_up_at = job.clock.now(), waited.since + patience
        if now >= gives_up_at:
            await _end(connection, job, ImportFailed(**about), "failed", trouble)
        else:
            next_try = min(gives_up_at, now + pause(error, waited.times))
            said = [] if waited.known else [ImportWaiting(**about, next_try=next_try, gives_up_at=gives_up_at)]
            await job.postpone_in(connection, next_try, trouble.code, *said)
    log.warning("import.failed" if now >= gives_up_at else "import.waiting", code=trouble.code, times=waited.times)


def passes(error: Exception) -> bool:
    """Whether it may go away by itself or by what a person does, so that waiting makes sense."""
    if isinstance(error, LeaseRefused):
        return error.trouble.code not in GONE_FOR_GOOD
    if isinstance(error, fortnox.UnreadableAnswer):
        return error.field is None  # an outage page or a cut answer; a wrong field stays wrong
    return isinstance(error, fortnox.TryLater | fortnox.TokenRefused | ConnectorAway | KafkaError)


def pause(error: Exception, times: int) -> timedelta:
    """How long until the next try: longer each time."""
    if isinstance(error, LeaseRefused):
        return WAITING_FOR_A_PERSON
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(times - 1, 10)))


def trouble_of(error: Exception) -> Trouble:
    """The error in words."""
    if isinstance(error, LeaseRefused):
        return error.trouble
    return Trouble.of(error if isinstance(error, ProblemError) else _problem(error))


@singledispatch
def _problem(error: Exception) -> ProblemError:
    """The catalogued problem that an error of another library means."""
    raise error


@_problem.register
def _(error: fortnox.NotAllowed) -> ProblemError:
    return _about(problems.NOT_ALLOWED, error)


@_problem.register
def _(error: fortnox.MissingLicence) -> ProblemError:
    return _about(problems.MISSING_LICENCE, error)


@_problem.register
def _(error: fortnox.MissingScope) -> ProblemError:
    return _about(problems.MISSING_SCOPE, error)


@_problem.register
def _(error: fortnox.FortnoxError) -> ProblemError:
    return _about(problems.REFUSED_BY_FORTNOX, error)


@_problem.register
def _(error: fortnox.WrongCompany) -> ProblemError:
    return _about(problems.OTHER_TENANT, error)


@_problem.register
def _(error: fortnox.UnreadableAnswer) -> ProblemError:
    return _about(problems.UNREADABLE_ANSWER, error) if error.field else _away(error)


@_problem.register(fortnox.TryLater)
@_problem.register(fortnox.TokenRefused)
def _away(error: fortnox.FortnoxError) -> ProblemError:
    return problems.FORTNOX_AWAY.error(reason=error.reason or error.status or type(error).__name__)


@_problem.register
def _(error: ConnectorAway) -> ProblemError:
    return problems.CONNECTOR_AWAY.error()


@_problem.register
def _(error: KafkaError) -> ProblemError:
    return problems.KAFKA_AWAY.error(error=type(error).__name__)


def _about(problem: Problem, error: fortnox.FortnoxError) -> ProblemError:
    known: dict[str, Any] = {"status": error.status, "code": error.code, "field": error.field}
    return problem.error(call=error.call, what=problems.what(error.call), **known)
