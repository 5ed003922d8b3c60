# `make help` lists the targets. Each sets up what it needs on first use: Node 24 and the
# dependencies come by scripts/setup.sh, which ./kaizen and scripts/run share.

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format bench dev up screenshots clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## the whole loop on real data, then the user interface
	@./kaizen demo

test: ## all the tests; PARTS="check unit integration e2e" chooses
	@scripts/run node scripts/test.ts $(PARTS)

check: ## format, types, architecture and the build of the user interface
	@scripts/run node scripts/test.ts check

lint: ## format and lint only
	@scripts/run biome check .

format: ## write the format and the safe fixes
	@scripts/run biome check --write .

bench: ## benchmarks against the named peers; writes docs/benchmarks.md
	@scripts/run node bench/run.ts

dev: ## server and user interface, both reloading on change
	@scripts/run node scripts/dev.ts

up: ## the server, with its data in .kaizen
	@./kaizen server

screenshots: ## pictures of the user interface, for the README and for looking at
	@scripts/run --ui node e2e/screenshots.ts

clean: ## remove what was built (data in .kaizen stays)
	rm -rf packages/web/dist coverage .demo screenshots .tools/compile-cache .tools/program
