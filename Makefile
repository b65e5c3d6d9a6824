# Each target installs what it needs, if it has permission, and then runs.
SWIFT ?= swift
# Otherwise the order of the traits' flags changes from build to build, and with it everything is built again. Tests run
# without it, since nothing may depend on the order of hashes.
PLAN = SWIFT_DETERMINISTIC_HASHING=1 $(SWIFT) build
BUILD = $(PLAN) -c release
SOURCES = Package.swift Sources Tests TestSupport Examples Fuzz/Sources Benchmarks/Package.swift Benchmarks/streaming Benchmarks/recommender Benchmarks/serving Benchmarks/kernels

.PHONY: demo test page docs dist dist-proof integration integration-spark integration-stores soak fuzz bench bench-quick bench-als bench-als-speed bench-streams bench-trends bench-serve bench-sql bench-stores bench-live bench-kafka bench-spark bench-kills bench-scale instructions lint format public-names packages clean

## Runs both case studies, in under a minute once built. Leaves out the server, which takes longer
## to build than the rest, and so resolves fewer packages: the versions of the others stay as they were.
demo: packages
	@if [ -e Package.resolved ]; then mkdir -p .build-demo && cp Package.resolved .build-demo/resolved; fi
	$(BUILD) --disable-default-traits --scratch-path .build-demo --product swiftwater
	@if [ -e .build-demo/resolved ]; then mv .build-demo/resolved Package.resolved; else rm -f Package.resolved; fi
	.build-demo/release/swiftwater demo

## Serves the live page on generated posts and ratings until Ctrl-C.
page: packages
	$(BUILD) --product swiftwater
	.build/release/swiftwater serve --demo

# Tests with a bound on memory or time, and tests of live sources, whose connections are lost when
# they are silent for too long. A house test keeps the list of the latter.
ALONE = WithinBounds|JetstreamTests|WrongClockTests|MastodonTests|XTests|HTTPProxyTests|LiveCommandTests|liveEventsAreCountedExactlyOnce|thePageShowsItsSources

## Runs every test, against the release build that users get. The tests in ALONE run first, one after
## the other; of the others as many at once as there are cores, so that one that waits for a program
## does not hold up one that answers a connection. A package that depends on this one is built by
## itself; without the cache of its plan, which would not have new files of this package.
test: packages
	$(PLAN) --package-path Examples/OutsidePackage --scratch-path .build-outside --disable-build-manifest-caching
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build --no-parallel --filter "$(ALONE)"
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$$(getconf _NPROCESSORS_ONLN) $(SWIFT) test -c release --skip-build --skip "$(ALONE)"

## Tests the page in a browser and the API against its document, with tools from Debian and PyPI.
integration: packages
	Tests/install-browser.sh
	Tests/install-services.sh
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build --filter "PageTests|ServeKillTests|DocumentTests"
	Tests/check-api.sh

## Runs the tests against real stores: S3 (nanio, and Ceph's RGW if it is installed) and HDFS; it starts and stops them.
integration-stores: packages
	Tests/integrate-stores.sh

## Runs the tests against a real Spark, which it installs (PySpark from PyPI, 490 MB) and starts: first in one process,
## then with executors and a driver that the tests kill.
integration-spark: packages
	Tests/integrate-spark.sh

## Builds the documentation of the public declarations, with articles, into .build-docs.
docs: packages
	docs/build.sh

## Builds what is given to others, in dist/: an archive, a Debian package, checksums and a list of parts.
dist: packages
	Deploy/dist.sh

## Proves it in a folder with a bare Debian 12, as root: runs the program, installs, upgrades and removes the package.
dist-proof:
	Tests/dist-proof.sh

# Few seeds, and few tests at once: each of them takes much memory, and a test that waits holds up no other. Optimised,
# because a debug build is ten times slower under a sanitizer.
SANITIZED = SWIFTWATER_SEEDS=20 SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=2 $(SWIFT) test -c release --disable-xctest

## Runs the long tests: 10,000 simulated runs, 75 kills on each kind of input and sink and 100 of the
## server, four hours' worth of events through it, every bit of a checkpoint and a log. Then runs the tests in a debug build,
## which checks that no text outlives its batch. The page's browser test runs by itself there,
## because it waits for at most a minute. Then runs the tests under the thread and the address
## sanitizer, which slow down the simulation's one thread and so run only a few of its seeds. The
## tests that a sanitizer leaves out say why (TestSupport/TestSupport/Sanitizer.swift).
soak: packages fuzz
	$(BUILD) --product swiftwater-simulation
	.build/release/swiftwater-simulation 0 10000
	$(BUILD) --build-tests
	SWIFTWATER_KILLS=300 SWIFTWATER_SOAK=1 $(SWIFT) test -c release --skip-build --filter "KillTests|damageIsRecovered"
	python3 Tests/soak-serve.py .build/release/swiftwater
	$(SWIFT) test --scratch-path .build-debug --skip PageTests
	$(SWIFT) test --scratch-path .build-debug --filter PageTests
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread-sanitizer.txt $(SANITIZED) --scratch-path .build-thread --sanitize=thread
	ASAN_OPTIONS=quarantine_size_mb=16 LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/leaks.txt $(SANITIZED) --scratch-path .build-address --sanitize=address

## Runs the readers under libFuzzer: a million inputs or ten minutes each.
fuzz: packages
	Fuzz/run.sh

## Measures Swiftwater and its peers in one run, in 35 minutes, and writes docs/BENCHMARKS.md and its plots.
bench: packages
	Benchmarks/report.sh full

## The same with less data and fewer rounds, in 10 minutes; prints the tables.
bench-quick: packages
	Benchmarks/report.sh quick

## Counts the instructions of the hot kernels under Valgrind and compares them with Benchmarks/instructions.txt.
instructions: packages
	Benchmarks/instructions.sh

## Measures how time and memory grow, and checks each slope at ten times the size: the table of docs/SCALE.md.
bench-scale: packages
	$(BUILD) --product swiftwater
	mkdir -p "$${PEERS_DIR:-.build-peers}/scale"
	python3 Benchmarks/scale.py .build/release/swiftwater "$${PEERS_DIR:-.build-peers}/scale"

bench-als: packages
	$(BUILD) --product swiftwater
	Benchmarks/als.sh

bench-als-speed: packages
	Benchmarks/als-speed.sh

bench-streams: packages
	Benchmarks/streams.sh

bench-trends: packages
	Benchmarks/trends.sh

bench-serve: packages
	Benchmarks/serve.sh

bench-sql: packages
	$(BUILD) --product swiftwater
	Benchmarks/sql.sh

bench-stores: packages
	$(BUILD) --product swiftwater
	Benchmarks/stores.sh

bench-live: packages
	$(BUILD) --product swiftwater
	Benchmarks/live.sh

bench-kafka: packages
	Benchmarks/kafka.sh

bench-spark: packages
	$(BUILD) --product swiftwater
	Benchmarks/spark.sh

## Kills Spark's DStream and counts what is lost and doubled: Spark's column of the table of kills in docs/SEMANTICS.md.
bench-kills:
	Benchmarks/kills.sh

lint:
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

format:
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

## Writes the list of public names, after a change of them that is meant.
public-names: packages
	$(BUILD) --build-tests
	SWIFTWATER_WRITE_PUBLIC_NAMES=1 $(SWIFT) test -c release --skip-build --filter theListHasEveryPublicName

## Checks for the Swift toolchain, which you install (swift.org/install), and installs zlib's header
## from the system's packages.
packages:
	@command -v $(SWIFT) >/dev/null || { echo "Install the Swift toolchain, 6.2 or later: https://www.swift.org/install"; exit 1; }
	@if [ "$$(uname)" = Linux ] && [ ! -e /usr/include/zlib.h ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -qy zlib1g-dev; \
	  elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then sudo apt-get update -q && sudo apt-get install -qy zlib1g-dev; \
	  else echo "Install zlib's header: zlib1g-dev (Debian, Ubuntu), zlib-devel (Fedora), zlib-dev (Alpine)"; exit 1; fi; fi

clean:
	rm -rf .build .build-*
