.DEFAULT_GOAL := help
SHELL := bash
VENV := .venv/bin
UV := $(shell command -v uv || echo .uv/bin/uv)

.PHONY: help
help: ## show what can be done
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UV):
	@python3 -m venv .uv
	@.uv/bin/python -m pip install --quiet 'uv>=0.13,<1'

.venv/.installed: requirements.lock requirements-jdk.lock pyproject.toml $(wildcard */*/pyproject.toml sandbox/pyproject.toml libs/*/*.py libs/*/native/*) | $(UV)
	@test -x $(VENV)/python || $(UV) venv --quiet --clear --python '>=3.11' .venv
	@$(UV) pip sync --quiet --python $(VENV)/python requirements.lock
	@touch $@

.PHONY: install
install: .venv/.installed ## set up .venv with everything (brings uv, and Java, where they are missing)
	@$(VENV)/python -m sandbox.embedded java >/dev/null 2>&1 || \
		$(UV) pip install --quiet --python $(VENV)/python --require-hashes --requirements requirements-jdk.lock

.PHONY: browser
browser: ## bring Chromium for tests/browser, where apt and root are there (they are skipped without)
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && export DEBIAN_FRONTEND=noninteractive && \
		timeout 180 sh -c 'apt-get update -qq && apt-get install -qq --no-install-recommends chromium' >/dev/null 2>&1; \
	} || echo 'No Chromium, and it could not be brought: tests/browser will be skipped.'

.PHONY: lock
lock: | $(UV) ## write requirements.lock anew from the pyproject files
	@$(UV) lock --quiet
	@$(UV) export --quiet --all-groups --no-group jdk --no-group fuzz --no-header --format requirements.txt --output-file requirements.lock
	@$(UV) export --quiet --only-group jdk --no-header --format requirements.txt --output-file requirements-jdk.lock

.PHONY: lint
lint: install ## ruff, mypy, import rules
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy libs/*/src services/*/src sandbox/src tests bench
	@$(VENV)/lint-imports

.PHONY: test
test: lint ## lint, types, and all tests but the long ones, on two workers (SERVERS=embedded|docker|external)
	@$(VENV)/pytest -n 2 --dist loadgroup -m 'not long'

.PHONY: soak
soak: install ## the long tests
	@$(VENV)/pytest -n 2 --dist loadgroup -m long --timeout 3600

.PHONY: histories
histories: install ## random histories of the voucher-sender: N=10000 from SEED=0; TRACE=1 plays SEED alone and shows it
	@$(VENV)/python -m sandbox histories --n $(or $(N),10000) --seed $(or $(SEED),0) $(if $(TRACE),--trace)

FUZZ := .cache/fuzz
FUZZ_FLAGS = -max_total_time=$(or $(SECONDS),600) -timeout=20 -dict=tests/fuzz/sie.dict -artifact_prefix=$(FUZZ)/found/
FUZZ_SEEDS = $$(find tests/unit/sie/samples -mindepth 1 -type d)
# small batches and fields, so that small files reach what is done at their ends
FUZZ_CC = clang -g -O1 -fno-sanitize-recover=undefined -DBATCH=4 -DLONGEST=64 -Ilibs/sie/native \
	-I$$($(VENV)/python -c 'import sysconfig; print(sysconfig.get_path("include"))')

.PHONY: fuzz
fuzz: install ## fuzz libs/sie for SECONDS=600 (Linux; brings atheris; with clang installed the C code is watched too)
	@$(UV) pip install --quiet --python $(VENV)/python --group fuzz
	@mkdir -p $(FUZZ)/found $(FUZZ)/corpus $(FUZZ)/scanner-corpus
ifneq ($(shell command -v clang),)
	@$(FUZZ_CC) -fsanitize=fuzzer,address,undefined tests/fuzz/scanner.c -o $(FUZZ)/scanner
	@$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -shared -fPIC libs/sie/native/core.c -o $(FUZZ)/_core.so
	@nice -n 19 $(FUZZ)/scanner $(FUZZ_FLAGS) -max_len=2048 $(FUZZ)/scanner-corpus $(FUZZ_SEEDS)
	@SIE_FUZZ_CORE=$(FUZZ)/_core.so ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16 \
		LD_PRELOAD=$$($(VENV)/python -c 'import atheris; print(atheris.path())')/asan_with_fuzzer.so \
		nice -n 19 $(VENV)/python tests/fuzz/read_sie.py $(FUZZ_FLAGS) -max_len=1024 $(FUZZ)/corpus $(FUZZ_SEEDS)
else
	@echo "There is no clang (package clang): the native core is fuzzed without instrumentation, led by its twin in Python."
	@nice -n 19 $(VENV)/python tests/fuzz/read_sie.py $(FUZZ_FLAGS) -max_len=4096 $(FUZZ)/corpus $(FUZZ_SEEDS)
endif

.PHONY: up
up: .env ## the production-like stack with Docker, until make down (PROFILE=sandbox adds simulator and product)
	@docker compose --env-file .env $(if $(PROFILE),--env-file deploy/$(PROFILE).env --profile $(PROFILE)) \
		up --build --detach --wait

.PHONY: down
down: .env ## end what make up started, with its data
	@docker compose --env-file .env --profile '*' down --volumes --remove-orphans

.env: | .env.example
	@python3 deploy/make_env.py .env.example > .env.new && mv .env.new $@

.PHONY: demo
demo: install ## the whole story on real parts; ONCE=1 ends by itself, BOOKS=file.se, REPORT=file.json
	@$(VENV)/python -m sandbox demo $(if $(ONCE),--once) $(if $(BOOKS),--books '$(BOOKS)') $(if $(REPORT),--report '$(REPORT)')

.PHONY: docs
docs: install ## write what is generated in docs/ anew, with a recording of the demo
	@$(VENV)/python -m common write-docs
	@$(VENV)/python -m sandbox docs
	@$(VENV)/python -m sandbox demo --once --recording docs/demo.svg

.PHONY: bench
bench: install ## measure, with a ratio beside each figure; NAME=booking|import|latency|leases|outbox|sie for one
	@$(VENV)/python -m bench $(NAME)
