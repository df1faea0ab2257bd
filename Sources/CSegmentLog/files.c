#define _GNU_SOURCE
#include "CSegmentLog.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>

// In C since Swift's module of the C library has neither.

int mastra_allocate(int descriptor, int64_t size) {
    while (fallocate(descriptor, 0, 0, size) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

uint64_t mastra_file_system_type(int descriptor) {
    struct statfs status;
    return fstatfs(descriptor, &status) == 0 ? (uint32_t)status.f_type : 0;
}
