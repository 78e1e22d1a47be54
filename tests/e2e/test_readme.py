"""What the README shows is true: its code is run as it stands there."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

README = Path(__file__).parents[2] / "README.md"


async def test_the_readmes_import_runs(scene: Any) -> None:
    code = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    story = await scene.story()
    await story.connect()

    ran = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        env={
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": scene.everything.kafka,
            "KAFKA_TOPIC_PREFIX": scene.everything.plan.topic_prefix,
            "CONNECTION_ID": str(story.connection_id),
            "YEAR_FROM": story.year.from_date.isoformat(),
            "YEAR_TO": story.year.to_date.isoformat(),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await ran.communicate()

    assert ran.returncode == 0
    lines = printed.decode().splitlines()
    assert lines[0].startswith("import.started")
    assert lines[-1].startswith("import.completed")
