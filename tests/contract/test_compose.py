"""docker-compose.yml fits our services, as far as can be told without running it."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.settings import DatabaseSettings, ServiceSettings
from sandbox.product import ProductSettings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {"topics", "migrate-connector", "migrate-importer", "migrate-voucher-sender"}
OURS = {name: f"{name.replace('-', '_')}.settings" for name in ("connector", "importer", "voucher-sender")}
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
SECRET = re.compile(r"KEY|PASSWORD|SECRET")


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """What `make up` writes into .env."""
    made = subprocess.run(
        [sys.executable, ROOT / "deploy/make_env.py", ROOT / ".env.example"], capture_output=True, text=True, check=True
    )
    lines = (line for line in made.stdout.splitlines() if line and not line.startswith("#"))
    return {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}


def filled_in(text: str, environment: dict[str, str]) -> str:
    """The text with its variables, as Compose interpolates them."""
    return VARIABLE.sub(lambda variable: environment.get(variable[1]) or str(variable[3]), text)


def settings_class(module: str) -> type[DatabaseSettings]:
    """The service's own settings."""
    found = [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, ServiceSettings) and value.__module__ == module
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_depends_on_exists_and_can_meet_the_condition(name: str) -> None:
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        assert condition["condition"] == ("service_completed_successfully" if other in JOBS else "service_healthy")
        assert other in SERVICES
        assert not SERVICES[other].get("profiles")


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_ends_by_itself_and_somebody_waits_for_it(name: str) -> None:
    job = SERVICES[name]

    assert job["restart"].startswith("on-failure")
    assert job["healthcheck"] == {"disable": True}
    # Otherwise `up --wait` takes its end for a failure.
    assert any(name in other.get("depends_on", {}) for other in SERVICES.values())


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - JOBS - {"product"}))
def test_what_serves_has_a_health_check(name: str) -> None:
    service = SERVICES[name]
    of_our_image = "build" in service and "HEALTHCHECK" in (ROOT / "deploy/Dockerfile").read_text()

    assert of_our_image or service["healthcheck"]["test"]
    assert service.get("healthcheck") != {"disable": True}


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", sorted(name for name, service in SERVICES.items() if "build" in service))
def test_our_containers_have_no_rights_that_they_do_not_need(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["image"] == f"bokbrygga-{service['build']['args']['SERVICE']}"
    assert (ROOT / service["build"]["dockerfile"]).exists()


@pytest.mark.parametrize("name", [*OURS, *(f"migrate-{name}" for name in OURS)])
def test_each_service_is_told_what_it_needs_and_nothing_that_it_does_not_know(
    name: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_class(OURS[name]) if name in OURS else DatabaseSettings
    told = {key: filled_in(str(value), environment) for key, value in SERVICES[name]["environment"].items()}

    assert {key.lower() for key in told} <= settings.model_fields.keys()
    for key, value in told.items():
        monkeypatch.setenv(key, value)
    assert "@postgres:5432/" in settings().database_url.get_secret_value()


def test_the_product_is_told_what_it_needs(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    told = SERVICES["product"]["environment"]
    for key, value in told.items():
        monkeypatch.setenv(key, filled_in(value, environment))

    settings = ProductSettings()
    callers = json.loads(filled_in(SERVICES["connector"]["environment"]["CALLERS"], environment))

    assert [settings.connector_key.get_secret_value()] == callers["product"]["keys"]
    for caller in ("importer", "voucher-sender"):
        key = filled_in(SERVICES[caller]["environment"]["CONNECTOR_KEY"], environment)
        assert [key] == callers[caller]["keys"]


def test_the_example_environment_and_the_compose_file_name_the_same_variables(environment: dict[str, str]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    assert {variable[1] for variable in VARIABLE.finditer(text)} == environment.keys()


def test_the_books_of_the_simulator_are_there(environment: dict[str, str]) -> None:
    assert (ROOT / environment["BOOKS"]).is_file()


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = [variable for variable in VARIABLE.finditer(text) if SECRET.search(variable[1])]

    assert secrets
    assert all(variable[2] == "?" for variable in secrets)


def test_each_made_environment_has_secrets_of_its_own(environment: dict[str, str]) -> None:
    example = dict(re.findall(r"(?m)^(\w+)=(.*)$", (ROOT / ".env.example").read_text()))
    secret = {name for name in environment if SECRET.search(name)}

    assert all("random" in example[name] for name in secret)
    assert not any("random" in environment[name] for name in secret)
    assert len({environment[name] for name in secret}) == len(secret)


def test_with_the_sandbox_profile_the_simulator_is_fortnox(environment: dict[str, str]) -> None:
    overrides = dict(re.findall(r"(?m)^(\w+)=(.*)$", (ROOT / "deploy/sandbox.env").read_text()))
    (alias,) = SERVICES["simulator"]["networks"]["default"]["aliases"]

    assert overrides.keys() <= environment.keys()
    assert overrides["FORTNOX_API_URL"] == overrides["FORTNOX_AUTH_URL"] == f"http://{alias}:8090"
    assert SERVICES["simulator"]["ports"][0].endswith(f":{overrides['SIMULATOR_PORT']}")


def test_docker_itself_accepts_the_file(environment: dict[str, str], tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed here: the file was checked by our own rules only")
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}='{value}'\n" for name, value in environment.items()))

    checked = subprocess.run(
        [docker, "compose", "--env-file", env_file, "--profile", "sandbox", "config", "--quiet"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stderr
