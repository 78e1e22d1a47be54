"""An import that joined another one: it takes that one's result, and Fortnox isn't asked again."""

import sie
from common.events import ImportRequested
from common.jobs import Job
from importer import stored
from importer.fetch.books import check_number
from importer.repository import Imports, SieFiles
from importer.result import Result


async def taken_over(job: Job[ImportRequested]) -> tuple[Result, sie.Document] | None:
    """What the other one came to; None when this one joined none, or when that one came to nothing.

    Jobs of a connection run one by one, in order: the other one has ended.
    """
    request = job.command
    async with job.pool.acquire() as connection:
        row = await Imports(connection).find(request.import_id)
    if row is None or row.joins is None:
        return None
    found = await stored.find(job.pool, row.joins, job.connection_id)
    if found is None:
        return None
    result, file = found
    check_number(request.expected_organisation_number, result.company.name, result.company.organisation_number)
    async with job.transaction() as connection:
        await SieFiles(connection).keep(request.import_id, file.content, file.sha256)
    own = {
        "datasets": request.datasets,
        "ledgers": tuple(ledger for ledger in result.ledgers if ledger.dataset in request.datasets),
        "calls": 0,
        "calls_planned": 0,
        "joined": row.joins,
    }
    return result.model_copy(update=own), await stored.document(file)
