# The door: each target is one CMake preset or one script. CMake is the truth.
BUILD ?= build/release

.PHONY: all test demo bench lint format fuzz sanitize install clean floors
all:
	@BUILD=$(BUILD) ./rondo.sh build --no-install
test:
	@BUILD=$(BUILD) ./rondo.sh test --no-install
demo:
	@BUILD=$(BUILD) ./rondo.sh demo --no-install
sanitize:
	cmake --preset sanitize && cmake --build --preset sanitize && scripts/run_tests.sh build/sanitize
bench: all
	$(BUILD)/rondo bench
fuzz:
	cmake --preset fuzz && cmake --build --preset fuzz && scripts/fuzz.sh build/fuzz
floors:
	scripts/check_floors.sh
lint: floors
	scripts/lint.sh
format:
	git ls-files '*.c' '*.h' | xargs clang-format -i
install: all
	cmake --install $(BUILD)
clean:
	rm -rf build
