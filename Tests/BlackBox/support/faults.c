/* A machine with faults, for a program that is started with this as LD_PRELOAD. The file that MACHINE_FILE names is
   mapped, and may change at any time: seconds to add to the wall clock, and how many syncs have met that the disk hangs.
   It does for as long as somebody has the lock of that file.

   libfaketime will not do for the clock: its version in Debian 12 also moves timerfd deadlines of clocks that are not
   the wall clock, so that a program that counts on CLOCK_BOOTTIME waits for days. And it converts the deadline of a
   sem_timedwait once; to the kernel such a deadline is a time of the wall clock, so that setting the clock back makes
   the wait longer. That is what this does. Nor will strace do for the disk: a thread that it delays cannot be killed
   before the delay is over. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile struct { long long clock_offset, hung_syncs; } *machine;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("MACHINE_FILE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) abort();
    void *address = mmap(NULL, sizeof *machine, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (address == MAP_FAILED) abort();
    machine = address;
    close(file);
}

int fdatasync(int file) {
    /* Whoever has the lock of the file lets the disk hang. */
    int gate = open(getenv("MACHINE_FILE"), O_RDONLY | O_CLOEXEC);
    if (flock(gate, LOCK_SH | LOCK_NB) != 0) {
        __atomic_fetch_add(&machine->hung_syncs, 1, __ATOMIC_SEQ_CST);
        while (flock(gate, LOCK_SH) != 0 && errno == EINTR) {
        }
    }
    close(gate);
    return (int)syscall(SYS_fdatasync, file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
    if (result == 0 && is_wall && machine) time->tv_sec += machine->clock_offset;
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
    static int (*real)(sem_t *, const struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "sem_timedwait");
    for (;;) {
        struct timespec now, slice;
        clock_gettime(CLOCK_REALTIME, &now);
        long long left = (deadline->tv_sec - now.tv_sec) * 1000000000LL + deadline->tv_nsec - now.tv_nsec;
        long long step = left < 0 ? 0 : left < 20000000 ? left : 20000000;
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &slice);
        slice.tv_nsec += step;
        if (slice.tv_nsec >= 1000000000) {
            slice.tv_sec++;
            slice.tv_nsec -= 1000000000;
        }
        if (real(semaphore, &slice) == 0) return 0;
        if (errno != ETIMEDOUT || left <= 0) return -1;
    }
}
