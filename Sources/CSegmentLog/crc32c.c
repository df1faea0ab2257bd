#include "CSegmentLog.h"

#include <string.h>

// In C since the processors have an instruction for it that Swift does not reach.

static uint32_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) {
            value = value & 1 ? (value >> 1) ^ 0x82f63b78u : value >> 1;
        }
        table[byte] = value;
    }
}

static uint32_t by_table(uint32_t crc, const uint8_t *data, size_t length) {
    while (length-- > 0) {
        crc = table[(crc ^ *data++) & 0xff] ^ (crc >> 8);
    }
    return crc;
}

#if defined(__x86_64__)

#include <nmmintrin.h>

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *data, size_t length) {
    uint64_t wide = crc;
    for (; length >= 8; data += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    for (; length > 0; data++, length--) {
        crc = _mm_crc32_u8(crc, *data);
    }
    return crc;
}

#elif defined(__aarch64__) && defined(__linux__)

#include <arm_acle.h>
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif

static int has_instruction(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

__attribute__((target("crc"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *data, size_t length) {
    for (; length >= 8; data += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        crc = __crc32cd(crc, word);
    }
    for (; length > 0; data++, length--) {
        crc = __crc32cb(crc, *data);
    }
    return crc;
}

#else

static int has_instruction(void) { return 0; }

static uint32_t by_instruction(uint32_t crc, const uint8_t *data, size_t length) {
    return by_table(crc, data, length);
}

#endif

uint32_t mastra_crc32c(uint32_t crc, const void *data, size_t length) {
    return ~(has_instruction() ? by_instruction(~crc, data, length) : by_table(~crc, data, length));
}
