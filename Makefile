# SPDX-License-Identifier: BSD-2-Clause
# Developer verbs. The product is built by CMake and ninja (see init-build.sh).

# The name of an application here, or the path (with a slash in it) of a folder with one of yours.
APP ?= vm_minimal
PLATFORM ?= qemu-arm-virt
BUILD ?= build/$(notdir $(patsubst %/,%,$(APP)))-$(PLATFORM)
APP_DIR = $(if $(findstring /,$(APP)),$(abspath $(APP)))
# More options for the build: make run OPTIONS="-DRELEASE=ON -DVM_KERNEL=/path/to/Image"
OPTIONS ?=

.PHONY: help run build test bench lint fuzz clean distclean
help:
	@sed -n 's/^## //p' Makefile

## make run [APP=vm_minimal] [PLATFORM=qemu-arm-virt]  build and boot, console attached; Ctrl-a x quits
##                                                     (APP=./folder: an application of your own)
run: build
	@cd $(BUILD) && ./simulate

## make build [APP=...] [PLATFORM=...]                 the same without booting; image in build/*/images/
build: export ALL_OPTIONS = $(OPTIONS)
build:
	@echo "building $(APP) for $(PLATFORM) in $(BUILD)"
	@mkdir -p $(BUILD)
	@printf '%s\n' "$$ALL_OPTIONS" | cmp -s - $(BUILD)/options \
		|| { rm -f $(BUILD)/CMakeCache.txt; printf '%s\n' "$$ALL_OPTIONS" > $(BUILD)/options; }
	@cd $(BUILD) && "$(CURDIR)/init-build.sh" -DCAMKES_VM_APP=$(APP) -DCAMKES_VM_APP_DIR=$(APP_DIR) \
		-DPLATFORM=$(PLATFORM) $(OPTIONS) > configure.log 2>&1 \
		|| { sed '/^-- /d; /^See also/d; /^ninja: no work/d; /^Call Stack/,/^$$/d' configure.log | cat -s; \
		     rm -f CMakeCache.txt; exit 1; }
	@sed -n '/^  Manually-specified variables were not used/,/^-- /s/^    /warning: nobody reads option /p' \
		$(BUILD)/configure.log
	@ninja -C $(BUILD) --quiet

## make test [SUITE=unit|adl|system|...]                all tests; the last line counts them
test:
	@scripts/setup.sh build run test
	@tests/run.py $(SUITE)

## make bench                                          instruction counts and sizes, next to bare QEMU
bench:
	@scripts/setup.sh build run test
	@tests/perf/bench.py --check

## make lint                                           layers, warnings of both compilers, static analysis
lint:
	@scripts/setup.sh build test
	@scripts/lint.sh

## make fuzz [TARGET=adl] [SECONDS=60]                the fuzzers, longer than `make test` runs them
fuzz:
	@scripts/setup.sh build test
	@SECONDS_EACH=$(or $(SECONDS),60) tests/fuzz/run.sh $(TARGET)

## make clean                                          removes build/; downloads stay in ~/.cache/rookery
clean:
	rm -rf build
