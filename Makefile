# Makefile — set-up, build and tests. `make` alone lists the targets.

SWIFT ?= swift
PYTHON ?= python3
DEBIAN_PYTHON ?= /usr/bin/python3
BINARY := .build/release/postrider
SIDE_BY_SIDE ?= ../shared/bench/side_by_side.py

BUILD_PACKAGES := git pkg-config ca-certificates \
	libsqlite3-dev libssl-dev libcurl4-openssl-dev libunbound-dev libidn2-dev
OUTSIDE_PACKAGES := python3 curl
QUICKSTART_PACKAGES := $(OUTSIDE_PACKAGES) nodejs
INTEROP_PACKAGES := $(OUTSIDE_PACKAGES) openssl postfix nsd
MAIL_PACKAGES := $(INTEROP_PACKAGES) python3-dkim python3-nacl opendkim
PYPI_PACKAGES := $(OUTSIDE_PACKAGES) python3-venv
BENCH_PACKAGES := $(OUTSIDE_PACKAGES) postfix wrk

.DEFAULT_GOAL := help
.PHONY: help deps build run test test-interop test-mail test-kill test-streams test-newcomer test-quickstart test-schema test-webhooks test-storm test-canaries test-https test-memory test-docker bench lint packages clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

deps: ## install what the system lacks, or say what to install
	@scripts/require.sh $(BUILD_PACKAGES)
	@scripts/require-swift.sh $(SWIFT)

build: deps ## build the program for release
	$(SWIFT) build -c release --static-swift-stdlib --product postrider

run: build ## start it in development mode: nothing leaves the machine
	exec $(BINARY) serve --dev

test: deps ## run every test of the package
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

test-interop: build ## send 500 messages through a real Postfix and a real NSD (needs root)
	@scripts/require.sh $(INTEROP_PACKAGES)
	$(PYTHON) Tests/outside/interop.py

test-mail: build ## send 1,000 letters in every script and verify what arrives (needs root)
	@scripts/require.sh $(MAIL_PACKAGES)
	$(DEBIAN_PYTHON) Tests/outside/mail.py

test-kill: build ## kill -9 thirty times under load and count
	@scripts/require.sh $(OUTSIDE_PACKAGES)
	$(PYTHON) Tests/outside/kill.py

test-streams: build ## follow the event log with 1,200 clients while 5,000 messages are sent
	@scripts/require.sh $(OUTSIDE_PACKAGES)
	$(PYTHON) Tests/outside/streams.py

test-newcomer: build ## do what the README says
	@scripts/require.sh $(OUTSIDE_PACKAGES)
	$(PYTHON) Tests/outside/newcomer.py

test-quickstart: build ## do what docs/quickstart.md says, receivers in three languages included
	@scripts/require.sh $(QUICKSTART_PACKAGES)
	$(PYTHON) Tests/outside/quickstart.py

test-storm: build ## repeat keyed requests over lost answers and kills
	@scripts/require.sh $(OUTSIDE_PACKAGES)
	$(PYTHON) Tests/outside/storm.py

test-canaries: build ## let secrets loose in it and look for them where they must not be
	@scripts/require.sh $(OUTSIDE_PACKAGES)
	$(PYTHON) Tests/outside/canaries.py

test-https: build ## serve HTTPS to other clients, and renew the certificate under load
	@scripts/require.sh $(OUTSIDE_PACKAGES) openssl
	$(PYTHON) Tests/outside/https.py

test-memory: build ## upload 200 large messages at once and watch the memory
	@scripts/require.sh $(OUTSIDE_PACKAGES) openssl
	$(PYTHON) Tests/outside/memory.py

test-schema: build ## hold the service against openapi.yaml with Schemathesis
	@scripts/require.sh $(PYPI_PACKAGES)
	$(PYTHON) Tests/outside/schema.py

test-webhooks: build ## verify posts with the package standardwebhooks from PyPI
	@scripts/require.sh $(PYPI_PACKAGES)
	$(PYTHON) Tests/outside/webhooks.py

test-docker: build ## check the Dockerfile against the program, without Docker
	Tests/docker/check.sh $(BINARY)

bench: build ## measure against Postfix (needs root)
	@scripts/require.sh $(BENCH_PACKAGES)
	$(PYTHON) $(SIDE_BY_SIDE) $(BINARY)

lint: ## check the format of the sources
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

packages: ## install at once what the system lacks for any of the tests
	@scripts/require.sh $(sort $(BUILD_PACKAGES) $(MAIL_PACKAGES) $(QUICKSTART_PACKAGES) $(PYPI_PACKAGES))

clean: ## remove what was built
	$(SWIFT) package clean
