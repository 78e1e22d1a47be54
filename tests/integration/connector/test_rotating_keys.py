"""`rotate-keys`: a new master key while replicas go on working."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from common import database
from connector.tokens.rotation import Rotated, rotate
from connector.tokens.vault import Vault

OLD, NEW = os.urandom(32), os.urandom(32)


def in_settings(**keys: bytes) -> dict[str, SecretStr]:
    return {name: SecretStr(base64.b64encode(key).decode()) for name, key in keys.items()}


async def rotated(scene: Any, **keys: bytes) -> Rotated:
    """One run of the command's work, on a connection of its own."""
    connection = await database.connect(scene.dsn, "connector")
    try:
        return await rotate(connection, Vault(keys))
    finally:
        await connection.close()


async def kept_busy(scene: Any, replica: Any, connections: list[Any], done: asyncio.Event) -> int:
    """Leases without pause, each on an expired access token, so that tokens are sealed all the time; how many."""
    leases = 0
    while not done.is_set() or leases < len(connections):
        await scene.forget_access_tokens()
        answers = await asyncio.gather(*(replica.lease(connection) for connection in connections))
        assert all(answer["access_token"] for answer in answers)
        leases += len(answers)
    return leases


async def connected_companies(scene: Any, replica: Any, number: int) -> list[Any]:
    kinds = ("refresh_token", "service_account")
    return [await scene.connected(replica, await scene.company(), kind=kinds[n % 2]) for n in range(number)]


async def test_keys_are_changed_under_traffic_and_the_old_one_can_go(scene: Any, figure: Callable[[str], None]) -> None:
    before = await scene.replica(master_keys=in_settings(old=OLD, new=NEW))
    connections = await connected_companies(scene, before, 4)
    done = asyncio.Event()
    traffic = asyncio.create_task(kept_busy(scene, before, connections, done))

    changed = 0
    for keys in ({"new": NEW, "old": OLD}, {"old": OLD, "new": NEW}) * 5 + ({"new": NEW, "old": OLD},):
        runs = await asyncio.gather(rotated(scene, **keys), rotated(scene, **keys))
        changed += sum(run.changed for run in runs)
        assert not any(run.unreadable or run.needed for run in runs)
    done.set()
    leases = await traffic

    assert changed == 11 * len(connections)
    numbers = [bytes(row["company_number"]) for row in await scene.pool.fetch("select company_number from grants")]
    assert all(number.startswith(b"new:") for number in numbers)  # companies are still known beforehand
    only_new = await scene.replica(master_keys=in_settings(new=NEW))
    await scene.forget_access_tokens()
    for connection in connections:
        assert (await only_new.lease(connection))["access_token"]
    assert not await scene.said("connection.lost")
    figure(f"rotate-keys: {changed} keys changed under {leases} leases with {leases} renewals, none failed")


async def test_a_run_that_was_stopped_is_gone_on_with(scene: Any) -> None:
    replica = await scene.replica(master_keys=in_settings(old=OLD))
    connections = await connected_companies(scene, replica, 3)
    blocker = await database.connect(scene.dsn, "connector")
    last = await scene.pool.fetchval("select id from grants order by id desc limit 1")
    async with blocker.transaction():
        await blocker.execute("select 1 from grants where id = $1 for update", last)
        task = asyncio.create_task(rotated(scene, new=NEW, old=OLD))
        while not await scene.pool.fetchval("select count(*) = 2 from grants where master_key = 'new'"):
            assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await blocker.close()
    assert await scene.pool.fetchval("select count(*) from grants where master_key = 'old'") == 1

    assert (await rotated(scene, new=NEW, old=OLD)).changed == 1

    assert await scene.pool.fetchval("select count(*) from grants where master_key = 'new'") == len(connections)
    only_new = await scene.replica(master_keys=in_settings(new=NEW))
    for one in connections:
        assert (await only_new.lease(one))["access_token"]


async def test_what_still_needs_the_old_key_is_counted(scene: Any) -> None:
    replica = await scene.replica(master_keys=in_settings(old=OLD))
    await connected_companies(scene, replica, 1)
    await scene.begin(replica, expected_organisation_number="556677-8899")  # under way: compared under the old key
    await scene.pool.execute("update grants set sealed_key = $1", os.urandom(60))

    done = await rotated(scene, new=NEW, old=OLD)

    assert (done.changed, done.unreadable, done.needed) == (0, 1, {"old": 2})


async def test_the_command_says_whether_the_old_key_can_go(scene: Any) -> None:
    replica = await scene.replica(master_keys=in_settings(old=OLD))
    await connected_companies(scene, replica, 1)
    keys = json.dumps({name: base64.b64encode(key).decode() for name, key in (("new", NEW), ("old", OLD))})
    environment = os.environ | {"DATABASE_URL": scene.dsn, "MASTER_KEYS": keys, "LOG_FORMAT": "json"}

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connector", "rotate-keys", env=environment, stdout=-1, stderr=-2
    )
    output, _ = await process.communicate()

    assert process.returncode == 0, output.decode()
    assert b'"changed": 1' in output or b'"changed":1' in output
    assert base64.b64encode(NEW) not in output


@pytest.mark.parametrize("key_id", ["a:b", "", "å"])
async def test_a_key_id_that_could_not_be_told_apart_is_refused(scene: Any, key_id: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        await scene.replica(master_keys={key_id: in_settings(x=OLD)["x"]})
