#ifndef SWIFTWATER_FUZZER_H
#define SWIFTWATER_FUZZER_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's driver, for programs with a main of their own: llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));

#endif
