# Two commands: `make run` serves the demo, `make test` runs every test. Each sets up what it needs.
PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON := .venv/bin/python
export PORT HOST

.PHONY: run setup test lint demo lock screenshots bundle bench

run: ## serve on http://127.0.0.1:8000 (PORT= to change)
	@tools/setup.sh run
	@$(PYTHON) -m rectification.serve

setup: ## everything but the demo and the server
	@tools/setup.sh run
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py collectstatic --noinput --verbosity 0
	@echo "已就绪。make run 启动。"

test: ## every test, on SQLite, with real Chromium, PostgreSQL and Redis where they run
	@tools/setup.sh test
	@tools/test.sh

lint: ## ruff, templates, migrations, deployment check
	@tools/setup.sh lint
	@.venv/bin/ruff check .
	@.venv/bin/djlint templates --lint --quiet
	@$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) tools/lint_migrations.py
	@HTTPS=1 $(PYTHON) manage.py check --deploy --fail-level WARNING

demo: ## enter the demo into the database of DATA_DIR
	@tools/setup.sh run
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py demo --if-absent

lock: ## rewrite requirements.txt from requirements.in (needs uv)
	@python3 tools/lock.py

screenshots: ## pictures of every page at both sizes, in docs/screenshots
	@tools/setup.sh test
	@$(PYTHON) tools/screenshots.py docs/screenshots

bundle: ## one archive in dist/ that installs on a machine without a network
	@tools/setup.sh run
	@$(PYTHON) tools/bundle.py dist

bench: ## ours beside floors and rivals, into docs/benchmarks.md (ARGS="--only pdf,sheet" to choose)
	@tools/setup.sh test
	@$(PYTHON) benchmarks/run.py $(ARGS)
