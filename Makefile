# The two commands are `make demo` and `make test`; the others are their parts.
# Nothing is installed system-wide: tools and build results go to ~/.cache/vekha, shared by all clones
# (VEKHA_TOOLS and CARGO_TARGET_DIR say otherwise). The second time needs no network.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vekha
export CARGO_TARGET_DIR ?= $(CACHE)/target
export VEKHA_TOOLS ?= $(CACHE)/tools
GET := deploy/tools/get
GATE := deploy/tools/gate

PROGRAM := $(or $(VEKHA_BIN),$(CARGO_TARGET_DIR)/release/vekha)

# Arguments for `vekha demo`: make demo ARGS="--exit --schools 510"
ARGS ?=
# Schools of `make bench-indicators` and `make bench-feed`; 39900 are the nation's.
SCHOOLS ?= 510

.DEFAULT_GOAL := help
.PHONY: help demo build test fmt clippy build-all nextest tidy doc golden oracle dashboards deny \
	generate tools bench-indicators bench-mart bench-feed program superset superset-test grafana-test clients-test

help: ## what can be made
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z -]+):.*## (.*)/\1: \2/'

demo: build ## a school year told by the real service (ARGS="--exit --schools 510" passes arguments)
	@server=$$($(GET) nats-server) && VEKHA_NATS_SERVER=$$server "$(CARGO_TARGET_DIR)/release/vekha" demo $(ARGS)

build: ## the release binary
	@$(GET) rust
	@echo "building vekha (release) into $(CARGO_TARGET_DIR); the first time takes some minutes"
	@cargo build --locked --release -p vekha

test: ## every check and every test, as the gate runs them
	@$(GATE)

fmt clippy build-all nextest tidy doc golden oracle dashboards deny: ## one step of the gate
	@$(GATE) $@

generate: ## rewrites the golden files from the code; look at the diff before committing it
	@$(GATE) generate

superset: program ## Superset with Vekha's dashboards over a year of 510 schools, until Ctrl-C (ARGS="--port 8088")
	@VEKHA_BIN="$(PROGRAM)" PYTHONDONTWRITEBYTECODE=1 python3 dashboards/superset/run.py $(ARGS)

superset-test: program ## imports the dashboards and holds every number to the database (VEKHA_PICTURES=1 renews docs/img)
	@VEKHA_BIN="$(PROGRAM)" PYTHONDONTWRITEBYTECODE=1 python3 dashboards/superset/run.py --test \
		$(if $(VEKHA_PICTURES),--pictures docs/img) $(ARGS)

grafana-test: program ## Grafana's dashboards: types, every query on the database, every expression in a Prometheus
	@VEKHA_BIN="$(PROGRAM)" PYTHONDONTWRITEBYTECODE=1 python3 dashboards/grafana/check.py $(ARGS)

clients-test: program ## LibreOffice, DuckDB, polars, pandas, ADBC, ODBC and pm4py on what Vekha gives, cell by cell (ARGS="--only files")
	@VEKHA_BIN="$(PROGRAM)" PYTHONDONTWRITEBYTECODE=1 python3 dashboards/clients/run.py $(ARGS)

# VEKHA_BIN names a program that is there already.
program:
	@test -n "$(VEKHA_BIN)" || $(MAKE) --no-print-directory build

bench-indicators: ## the recompute beside DuckDB and polars over the same Parquet facts (SCHOOLS=510)
	@$(GET) rust
	@packages=$$($(GET) bench-python) && PYTHONPATH=$$packages python3 tests/bench/indicators.py \
		--schools $(SCHOOLS) --out "$(CARGO_TARGET_DIR)/bench-indicators" $(ARGS)

bench-mart: build ## the PostgreSQL that is kept up beside a bare COPY, and from act to row (SCHOOLS=510)
	@server=$$($(GET) nats-server) && postgres=$$($(GET) postgres) && VEKHA_NATS_SERVER=$$server python3 tests/bench/mart.py \
		--vekha "$(CARGO_TARGET_DIR)/release/vekha" --postgres "$$postgres" --schools $(SCHOOLS) $(ARGS)

bench-feed: build ## the feed for external tools: answers a second, share of a file that a reader reads (SCHOOLS=510)
	@server=$$($(GET) nats-server) && clients=$$($(GET) clients-python) && VEKHA_NATS_SERVER=$$server "$$clients/python" -B \
		tests/bench/feed.py --vekha "$(CARGO_TARGET_DIR)/release/vekha" --schools $(SCHOOLS) $(ARGS)

tools: ## installs the tools that are missing and shows where all are
	@$(GET) rust fmt clippy
	@for tool in nats-server cargo-nextest cargo-deny postgres; do $(GET) $$tool || exit 1; done
