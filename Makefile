.DEFAULT_GOAL := help
SHELL := bash
VENV := .venv/bin
UV := $(shell command -v uv || echo .uv/bin/uv)

.PHONY: help
help: ## show what can be done
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UV):
	@python3 -m venv .uv
	@.uv/bin/python -m pip install --quiet 'uv>=0.11,<1'

.venv/.installed: requirements.lock pyproject.toml $(wildcard */*/pyproject.toml sandbox/pyproject.toml) | $(UV)
	@test -x $(VENV)/python || $(UV) venv --quiet --python '>=3.11' .venv
	@$(UV) pip sync --quiet --python $(VENV)/python requirements.lock
	@touch $@

.PHONY: install
install: .venv/.installed ## set up .venv with everything (bootstraps uv where it is missing)

.PHONY: lock
lock: | $(UV) ## write requirements.lock anew from the pyproject files
	@$(UV) lock --quiet
	@$(UV) export --quiet --no-group jdk --all-groups --no-header --format requirements.txt --output-file requirements.lock

.PHONY: lint
lint: install ## ruff, mypy, import rules
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy libs/*/src services/*/src sandbox/src tests bench
	@$(VENV)/lint-imports
