"""docs/connector.md: its commands do what it says, its page is the one that the browser tests click through."""

import json
import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "connector.md").read_text(encoding="utf-8")
SHORTENED = ("setTimeout(poll", "session = await", "const connector", "show(")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def a_request(command: str, values: dict[str, Any]) -> httpx.Request:
    """What curl would send."""
    words = shlex.split(Template(command).substitute(values).replace("\\\n", " "))
    assert words.pop(0) == "curl"
    method, headers, body, url = "GET", {}, None, ""
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "--json":
                body = json.loads(words.pop(0))
            case address:
                url = address
    return httpx.Request(method, url, headers=headers, json=body)


async def test_its_commands_work_as_they_stand(scene: Any, replica: Any) -> None:
    tenant = await scene.company(organisation_number="556677-8899")
    key = replica.http.headers["authorization"].removeprefix("Bearer ")
    values: dict[str, Any] = {"CONNECTOR": str(replica.http.base_url).rstrip("/"), "KEY": key}
    answers: list[Any] = []

    async with httpx.AsyncClient(transport=replica.transport, timeout=60) as bare:
        for command in blocks("sh"):
            for name in re.findall(r"\$(SESSION|CONNECTION)", command):
                values[name] = answers[0][f"{name.lower()}_id"]
            answer = await bare.send(a_request(command, values))
            assert answer.is_success, answer.text
            answers.append(answer.json() if answer.content else None)
            if "financial-years" in command:
                values["YEAR"] = answers[-1]["years"][0]["id"]
            if len(answers) == 1:
                await scene.browser(replica).connect(answers[0]["url"], tenant=tenant)

    session, view, page, _, years, series, _, removed = answers[1:]
    assert session["state"] == "connected"
    assert (view["status"], len(page["connections"]), removed) == ("active", 1, None)
    assert years["matching"] or years["trouble"]
    assert series["series"]


def test_its_page_is_the_one_that_the_browser_tests_use() -> None:
    tested = [line.strip() for line in (ROOT / "tests" / "browser" / "product.html").read_text().splitlines()]
    [script] = blocks("js")

    lines = [line.strip() for line in script.splitlines() if not line.strip().startswith(SHORTENED)]

    assert [line for line in lines if line not in tested] == []
