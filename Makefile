# Everything starts here. A fresh clone needs make and Python 3.11, 3.12 or 3.13, nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test test-servers test-slow test-wordpress test-browser golden check format bench drill gallery screens migration first-migration lock clean

PY := .venv/bin/python
# What was compiled once is kept: each process of a test run would compile all tests anew.
unexport PYTHONDONTWRITEBYTECODE
# Two is what a small machine has; more pays only where there are more.
JOBS ?= 2
ARGS ?=
# What ARGS picks may be of one part of a target only.
picked = $(if $(ARGS),|| [ $$? -eq 5 ])
# What says again, of more languages, pages or payloads, what is said already: CI asks it, and so does `make test CI=true`.
NARROW := $(if $(filter true,$(CI)),,and not wide and not long)

# Packages come from the lock files, each with its hash; the project itself is linked in, not copied.
install = { $(PY) -m uv pip install -q --python $(PY) --require-hashes -r requirements-build.lock -r $(1) 2>.venv/uv.log \
	|| { echo 'uv could not install (see .venv/uv.log); trying pip.'; \
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-build.lock -r $(1); }; } \
	&& $(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .

help:
	@echo 'make demo              try it: a sample site, its readers and an inbox, all on this machine (ARGS=--smoke: check and stop)'
	@echo 'make test              the tests, on SQLite and PostgreSQL (ARGS="-k words" picks some; CI=true: as wide as CI asks them)'
	@echo 'make test-servers      all that asks PostgreSQL or Redis, on servers of your own where the environment names them'
	@echo 'make test-slow         the tests that start the whole service and break what it stands on, and the long ones'
	@echo 'make test-wordpress    the source that follows a WordPress, on a real one (Debian: wordpress php-cli php-mysql mariadb-server)'
	@echo 'make test-browser      the letters in Chromium: plain, as mail clients change them, and for everybody to read'
	@echo 'make golden            write the letters of tests/letters/golden anew, to be read as a diff'
	@echo 'make check             formatting, lint, types, import contracts'
	@echo 'make format            put the formatting right'
	@echo 'make bench             measure'
	@echo 'make drill             break everything in mid-send and count who got what (ARGS=--quick: in a minute)'
	@echo 'make gallery           every letter in every language, as pages, .eml files and pictures (needs Chromium)'
	@echo 'make screens           the pictures that stand in the repository (needs Chromium)'
	@echo 'make migration NAME="add issues"   draft the next migration from the models'
	@echo 'make lock              bring the lock files in line with pyproject.toml (ARGS=--upgrade: newest versions)'
	@echo 'make clean             remove what was installed and made here'

demo: .venv/.runtime
	@.venv/bin/notifier demo $(ARGS)

test: .venv/.dev
	@$(PY) -m pytest -n $(JOBS) --dist worksteal -m 'not slow and not twice and not browser and not wordpress $(NARROW)' $(ARGS)

test-servers: .venv/.dev
	@$(PY) -m pytest -n $(JOBS) --dist worksteal -m 'servers and not slow and not browser and not wordpress' $(ARGS)

test-slow: .venv/.dev
	@$(PY) -m pytest -n $(JOBS) --dist worksteal -m 'slow and not alone' $(ARGS) $(picked)
	@$(PY) -m pytest -m alone $(ARGS) $(picked)

test-wordpress: .venv/.dev
	@$(PY) -m pytest -rs -m wordpress tests/wordpress $(ARGS)

test-browser: .venv/.browser
	@$(PY) -m pytest -n $(JOBS) --dist worksteal -m browser $(ARGS)

golden: .venv/.dev
	@$(PY) -m tests.letters.golden

check: .venv/.dev
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

format: .venv/.dev
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: .venv/.dev
	@$(PY) -m bench $(ARGS)

drill: .venv/.dev
	@$(PY) -m drill $(ARGS)

gallery: .venv/.browser
	@.venv/bin/notifier letters gallery $(ARGS)

# Of the letters only a selection is kept: the rest is made when it is wanted.
screens: .venv/.browser
	@.venv/bin/notifier letters gallery -l ar -l en -l ur --look phone-light --look desktop-dark --tallest 1300
	@for script in docs/screens/*.py; do $(PY) "$$script" || exit 1; done

migration: .venv/.dev
	@$(PY) -m notifier.migrations.write '$(NAME)'
	@$(PY) -m ruff format -q notifier/migrations/versions

# Only before the first release: afterwards somebody's database has run 0001.
first-migration: .venv/.dev
	@$(PY) -m notifier.migrations.write --first
	@$(PY) -m ruff format -q notifier/migrations/versions

LOCK = $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url $(ARGS)

lock: .venv/.uv
	@$(LOCK) pyproject.toml --extra oidc --extra mysql -o requirements.lock
	@$(LOCK) pyproject.toml --extra test --extra check -o requirements-dev.lock
	@$(LOCK) pyproject.toml --all-extras -o requirements-browser.lock
	@$(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(LOCK) - -o requirements-build.lock
	@sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements-uv.lock | $(LOCK) - -o requirements-uv.lock

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build data

# The first Python that will do, with what makes a venv: on Debian that is a package of its own, python3-venv.
.venv/.made:
	@found=; for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; \
		then found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then echo 'notifier needs Python 3.11, 3.12 or 3.13 with its venv module (on Debian and Ubuntu: apt install python3-venv).' \
		'Another place: make PYTHON=/path/to/python3.13' >&2; exit 1; fi; \
	if [ ! -x .venv/bin/python ]; then echo "Setting up .venv with $$($$found --version) (once, about half a minute) ..."; \
		$$found -m venv .venv; fi
	@touch $@

.venv/.uv: .venv/.made requirements-uv.lock
	@$(PY) -m pip install -q --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-uv.lock \
		|| echo 'uv is not to be had here; pip does its work, more slowly.'
	@touch $@

.venv/.runtime: .venv/.uv requirements.lock requirements-build.lock pyproject.toml
	@$(call install,requirements.lock)
	@touch $@

.venv/.dev: .venv/.uv requirements-dev.lock requirements-build.lock pyproject.toml
	@$(call install,requirements-dev.lock)
	@touch .venv/.runtime $@

.venv/.browser: .venv/.uv requirements-browser.lock requirements-build.lock pyproject.toml
	@$(call install,requirements-browser.lock)
	@touch .venv/.runtime .venv/.dev $@
