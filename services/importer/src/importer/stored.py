"""What a completed import left, so that it can be published again."""

import asyncio
from uuid import UUID

import sie
from common.database import Pool
from importer.repository import Results, SieFile, SieFiles
from importer.result import Result


async def find(pool: Pool, import_id: UUID, connection_id: UUID) -> tuple[Result, SieFile] | None:
    """None when it never completed, or isn't kept any more."""
    async with pool.acquire() as connection:
        content = await Results(connection).find(import_id, connection_id)
        file = await SieFiles(connection).find(import_id)
    if content is None or file is None:
        return None
    return await asyncio.to_thread(Result.model_validate_json, content), file


async def document(file: SieFile) -> sie.Document:
    """Beside the event loop: a large company's takes seconds."""
    return await asyncio.to_thread(sie.read, file.content)
