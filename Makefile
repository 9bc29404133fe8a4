# The targets that people use; `make` alone names them.
PORT ?= 8000
PYTHON_HERE := .venv/bin/python
PYTEST := $(PYTHON_HERE) -m pytest -n 2 --dist loadgroup

export PORTAL_BASE_URL ?= http://127.0.0.1:$(PORT)
export PORTAL_TRUSTED_HOSTS ?= localhost

.PHONY: help demo test test-full reliability check bench translations docs clean runtime dev
.DEFAULT_GOAL := help

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

runtime:
	@.ci/install runtime

dev: runtime
	@.ci/install dev

demo: runtime ## fill a portal with demonstration data and serve it; PORT=8123 for another port
	@.venv/bin/portal demo --port $(PORT)
	@exec .venv/bin/portal serve --port $(PORT)

test: dev ## run the tests, the long proofs left out
	@env -u PORTAL_BASE_URL -u PORTAL_TRUSTED_HOSTS $(PYTEST) -m "not full and not reliability"

test-full: dev ## run all tests
	@env -u PORTAL_BASE_URL -u PORTAL_TRUSTED_HOSTS $(PYTEST) -m "not reliability"

reliability: dev ## kill, restart and crowd the portal under a storm of writes; half an hour
	@env -u PORTAL_BASE_URL -u PORTAL_TRUSTED_HOSTS $(PYTHON_HERE) -m pytest -s -p no:randomly -m reliability tests/reliability

check: dev ## look at format, style, types, imports, templates, security and generated pages
	$(PYTHON_HERE) -m ruff format --check .
	$(PYTHON_HERE) -m ruff check .
	$(PYTHON_HERE) -m mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/djlint --lint --quiet templates plugins
	$(PYTHON_HERE) -m bandit --quiet -ll --configfile .bandit.yml --recursive portal plugins docs
	$(PYTHON_HERE) -m docs.generate --check
	$(PYTHON_HERE) -m translations.manage check

bench: dev ## measure the search and the pages
	$(PYTHON_HERE) -m bench

translations: dev ## take new texts into the catalogues
	$(PYTHON_HERE) -m translations.manage update

docs: runtime ## write the generated pages of docs/
	$(PYTHON_HERE) -m docs.generate

clean: ## remove what can be made anew; a site's own data in instance/ stays
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
