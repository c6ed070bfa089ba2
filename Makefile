# SPDX-License-Identifier: GPL-3.0-or-later
# Plain "make" lists the targets. Everything that make itself writes is in .cache.

CACHE := .cache
BIN := $(CACHE)/newest/bin
PYTEST = $(BIN)/python -m pytest
# The bed makes podman work where it needs help; what touches containers runs through it.
BED = $(BIN)/python -m tests.bed
DEMO := switchboard-demo-pbx
# Only --verbose names a test before it runs: a long one shows what is going on.
PYTEST_FLAGS ?= --verbose --durations=5
# Each file is for one of the two, in the order they stand: what a file's tests share is made once.
SIDE_BY_SIDE = --numprocesses 2 --dist loadfile --no-loadscope-reorder

export LC_ALL := C.UTF-8
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(CACHE)/collections
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help demo demo-down test gates unit scenarios bench bench-load bench-desk docs changelog phonebar build clean

help: ## this list
	@echo "switchboard.asterisk: a contact centre on Asterisk, described as code"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: IMAGES = host phone browser
demo: bed ## bring up a host in a container, with a proof call from the desk to a phone
	@$(BED) up $(DEMO)
	@$(BED) run $(BIN)/ansible-playbook -i inventory/demo/hosts.yml playbooks/demo.yml
	@$(BED) run $(BIN)/python -m tests.phones.demo

demo-down: environments ## remove what demo made
	@$(BED) down $(DEMO)
	@rm -f inventory/demo/credentials.yml* inventory/demo/ca.pem

test: bed gates unit scenarios ## every gate, unit test and scenario (installs what is missing)

gates: environments ## linters, types, documentation, ansible-test sanity, build: oldest and newest Ansible
	@$(PYTEST) $(PYTEST_FLAGS) $(SIDE_BY_SIDE) tests/gates

unit: environments ## unit tests: no Ansible, no root, a minute
	@$(PYTEST) -q $(SIDE_BY_SIDE) tests/unit

scenarios: bed ## Molecule scenarios on real hosts, with real phones
	@$(BED) run $(PYTEST) $(PYTEST_FLAGS) tests/phones tests/molecule

bench: bed ## speed and memory with 1,000 and 10,000 agents, beside a plain template loop
	@$(BED) run $(BIN)/python -m tests.bench

bench-load: bed ## calls and registrations under load, while people are changed, and what they cost beside plain files
	@$(BED) run $(BIN)/python -m tests.bench.load

bench-desk: bed ## people who sign in at the desk at once, and how soon a page is ready and a call is heard
	@$(BED) run $(BIN)/python -m tests.bench.desk

docs: environments ## write the modules' option documentation from the model
	@$(BIN)/python tests/gates/document.py

changelog: environments ## take changelogs/fragments into CHANGELOG.md, under the version in galaxy.yml
	@$(BIN)/antsibull-changelog release --update-existing

phonebar: ## build the desk's telephone, where the role takes it from (needs npm)
	@python3 -m tests.bed phonebar

build: environments phonebar ## the collection's tarball, in .cache/build
	@$(BIN)/ansible-galaxy collection build --force --output-path $(CACHE)/build

clean: ## remove everything that make made here, virtual environments included
	@rm -rf $(CACHE) .ansible tests/output
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Not for typing: what the others need first.
.PHONY: environments bed
environments:
	@command -v python3 >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3; } \
	  || { echo "Python 3.11 or newer is missing: install python3." >&2; exit 1; }
	@python3 tests/gates/environments.py

bed: environments
	@$(BED) install
	@$(BED) image $(IMAGES)
	@$(BED) phonebar
