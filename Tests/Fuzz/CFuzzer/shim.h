// What a program says to libFuzzer that has a `main` of its own (compiler-rt's FuzzerInterface.h).
// The library itself is named by the Makefile: it lies with the compiler.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(
    int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

/// Changes `data` in place by libFuzzer's own means; answers the new size, at most `max_size`.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
