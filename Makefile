# tracerec. `make help` lists the targets. Every target installs what it needs:
# Debian packages by apt-get (as root), Go modules by go.

GO      ?= go
BIN     := bin/tracerec
CLANG   ?= clang-19
STRIP   ?= llvm-strip-19
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
LAYERING := TestLayering|TestLayers|TestWhoImportsArrow
# Binaries know their commit where git can say it (a checkout that belongs to somebody else it will not).
VCS     := $(shell git status -s >/dev/null 2>&1 && echo auto || echo false)
KERNEL  ?= 6.12
LSM     ?= on off
ARCH    ?= amd64
LOCKDOWN ?= none
PACKAGE_ARCH ?= amd64

.PHONY: all help build fleet test-fleet lint-fleet soak test proof test-traces test-js test-kernels demo drill bench lint generate generate-check cross package package-check clean
all: build

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## build           bin/tracerec, from committed BPF objects: needs neither clang nor root
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=$(VCS) -o $(BIN) ./cmd/tracerec

## demo            record our own races, analyze and replay them; leaves demo.trc
demo: build
	@sh testdata/demo.sh $(BIN)

## test            all tests that this kernel and these privileges allow
test: build
	@sh testdata/need.sh gcc strace linux-perf || echo "going on without: tests that need them say so"
	@sh testdata/test.sh "$(GO)"
	@$(MAKE) --no-print-directory test-traces
	@$(MAKE) --no-print-directory test-js

## test-traces     captured traces against what is expected of them
test-traces: build
	@$(BIN) test testdata

## proof           analysis on real work, races and edited traces: prints counts; five to ten minutes, as root; all of it is in bin/proof.log
proof: build
	@sh testdata/need.sh gcc git perl python3 $$(command -v npm >/dev/null || echo nodejs npm) || echo "going on without: workloads that need them say so"
	@TRACEREC_PROOF=1 $(GO) test -count=1 -timeout 40m -v -run 'TestProof|TestBenign|TestOpenRace|TestExecRace' ./cmd/tracerec >bin/proof.log 2>&1; code=$$?; \
		sed -nE -e 's/^ *[a-z_]+\.go:[0-9]+: //' -e '/arguments compared|lied about|edited|not here|findings at or above|attempt |views differ|no part of the race/p' -e '/^ *--- (FAIL|SKIP)|^--- PASS|^(ok|FAIL|panic)/p' bin/proof.log; exit $$code

## test-js         independent readers in JavaScript: our files by apache-arrow, our Parquet by DuckDB
test-js: build
	@sh testdata/need.sh chromium || echo "going on without: pages are not looked at in a browser"
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		cd testdata/js && npm install --silent --no-package-lock --no-audit --no-fund && node --test; \
	else echo "skipped: the readers in JavaScript need node and npm"; fi

## fleet           bin/tracerec-fleet: analyze on Apache Beam (docs/fleet.md); downloads some hundred modules
fleet:
	cd fleet && CGO_ENABLED=0 $(GO) build -o ../bin/tracerec-fleet ./tracerec-fleet

## test-fleet      the same answer from one process, Beam, and Beam's workers in several
test-fleet: build
	cd fleet && CGO_ENABLED=0 TRACEREC=$(CURDIR)/$(BIN) $(GO) test -count=1 -timeout 15m ./...

## test-kernels    the recorder on Debian kernels in qemu: KERNEL="6.12 6.18" LSM="on off" ARCH=arm64 LOCKDOWN=confidentiality
test-kernels:
	@sh testdata/test-kernels.sh "$(GO)" "$(KERNEL)" "$(LSM)" "$(ARCH)" "$(LOCKDOWN)"

## soak            kill -9, OOM, full and broken disks, stops, fork bombs, exec storms, thousands of processes: about 4 minutes; SOAK=long for more
SOAK    ?= short
soak: build
	CGO_ENABLED=0 SOAK=$(SOAK) $(GO) test -count=1 -timeout 60m -v -run '^TestSoak' ./cmd/tracerec

## bench           the numbers of docs/BENCHMARKS.md: all, or PARTS="bytes cpu"; RUNS=5 of each
bench: build
	@sh testdata/need.sh gcc libc6-dev strace linux-perf bpftrace || echo "going on without: peers that are missing are not measured"
	@sh testdata/bench.sh $(BIN) "$(GO)" $(PARTS)

## lint            gofmt, vet, staticcheck and the layering of packages
lint:
	@mkdir -p bin
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt wants:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@$(GO) test -count=1 -v -run '^($(LAYERING))$$' ./analyze/... ./cmd/... ./format/... >bin/layering 2>&1 || { cat bin/layering; exit 1; }
	@grep -E '^--- ' bin/layering
	@test $$(grep -c '^--- PASS' bin/layering) -eq $(words $(subst |, ,$(LAYERING))) || { echo "lint: not all of $(LAYERING) ran"; exit 1; }

## lint-fleet      vet and staticcheck of the module fleet; lint has its gofmt
lint-fleet:
	cd fleet && CGO_ENABLED=0 $(GO) vet ./...
	cd fleet && CGO_ENABLED=0 $(GO) run $(STATICCHECK) ./...

## generate        bpf/c/events.h from the event table, and the BPF objects
generate:
	@sh testdata/need.sh clang-19 llvm-19 libbpf-dev
	$(GO) run ./bpf/gen bpf/c/events.h
	CLANG=$(CLANG) STRIP=$(STRIP) bpf/generate.sh $(CURDIR)/bpf

## generate-check  the committed objects are what the sources give
generate-check:
	@sh testdata/need.sh clang-19 llvm-19 libbpf-dev
	@rm -rf bin/generated && mkdir -p bin/generated
	$(GO) run ./bpf/gen bin/generated/events.h
	cmp bin/generated/events.h bpf/c/events.h
	CLANG=$(CLANG) STRIP=$(STRIP) bpf/generate.sh $(CURDIR)/bin/generated
	for a in amd64 arm64; do cmp bin/generated/tracerec_$$a.bpf.o bpf/tracerec_$$a.bpf.o || exit 1; done

## cross           analyze and replay build for other systems; all of it for arm64
cross:
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/tracerec
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/tracerec
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/tracerec

## package         bin/packages: .deb and .rpm with man pages, completions and the systemd unit; PACKAGE_ARCH=arm64
package:
	@sh testdata/package.sh "$(GO)" "$(PACKAGE_ARCH)"

## package-check   packs twice and compares; installs, runs and removes the packages in scratch roots; lintian
package-check: package
	@rm -rf bin/packages.again && mv bin/packages bin/packages.again
	@sh testdata/package.sh "$(GO)" "$(PACKAGE_ARCH)" >/dev/null
	@diff -r bin/packages bin/packages.again && echo "the same bytes twice"
	@sh testdata/package-check.sh "$(PACKAGE_ARCH)"

clean:
	rm -rf bin demo.trc
