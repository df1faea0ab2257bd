#ifndef CSegmentLog_H
#define CSegmentLog_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `length` bytes, continued from `crc`; 0 begins.
uint32_t mastra_crc32c(uint32_t crc, const void *_Nullable data, size_t length);

/// Reserves room for a file of `size` bytes, and makes it that long; 0 or an error number, EOPNOTSUPP
/// where the file system cannot.
int mastra_allocate(int descriptor, int64_t size);

/// The kind of file system that a descriptor is on (`f_type` of statfs(2)), or 0.
uint64_t mastra_file_system_type(int descriptor);

/// The descriptor of the mark of what this thread is mapping, or -1. A signal handler of the thread may
/// ask.
int mastra_mapping_descriptor(void);

void mastra_set_mapping_descriptor(int descriptor);

#endif
