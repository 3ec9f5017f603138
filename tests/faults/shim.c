/* Stands between a program and the C library (LD_PRELOAD): writes down what is written, synced, cut and removed below
 * one folder, lets it fail, kills the program at the n-th such call, and sets the wall clock forward or back.
 *
 * FAULTS_FOLDER   the folder, as an absolute path without links
 * FAULTS_LOG      where the calls are written down: tag, lengths and offsets, path, data
 * FAULTS_CONTROL  a file of four 64-bit numbers, looked at before each call: seconds by which the clock is wrong; the
 *                 errno of writes; the errno of syncs; how many calls are left until SIGKILL (0: no such end)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { CLOCK, WRITE_ERRNO, SYNC_ERRNO, CALLS_LEFT, NUMBERS };

static volatile int64_t *control;
static int log_fd = -1;
static const char *folder;
static size_t folder_length;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    folder = getenv("FAULTS_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    const char *log = getenv("FAULTS_LOG"), *numbers = getenv("FAULTS_CONTROL");
    if (log)
        log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int fd = numbers ? syscall(SYS_openat, AT_FDCWD, numbers, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *mapped = mmap(NULL, NUMBERS * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
        if (mapped != MAP_FAILED)
            control = mapped;
        syscall(SYS_close, fd);
    }
}

static int is_below(const char *path) {
    return folder && !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

/* The path behind a descriptor, if it is in the folder or the folder itself. */
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_below(path);
}

static void append(const void *data, size_t length) {
    const char *rest = data;
    while (length) {
        ssize_t done = syscall(SYS_write, log_fd, rest, length);
        if (done <= 0)
            abort();
        rest += done, length -= done;
    }
}

static void note(const char *tag, const char *path, const void *data, uint64_t length, uint64_t offset) {
    if (log_fd < 0)
        return;
    uint32_t path_length = strlen(path);
    char head[24];
    memcpy(head, tag, 4);
    memcpy(head + 4, &path_length, 4);
    memcpy(head + 8, &length, 8);
    memcpy(head + 16, &offset, 8);
    append(head, sizeof head);
    append(path, path_length);
    if (data)
        append(data, length);
}

/* Whether the call fails; the process may end here. */
static int fails(int which) {
    static int64_t calls;
    if (!control)
        return 0;
    if (control[CALLS_LEFT] && ++calls >= control[CALLS_LEFT])
        syscall(SYS_kill, getpid(), SIGKILL);
    if (control[which])
        errno = control[which];
    return control[which] != 0;
}

#define REAL(result, name, ...)                                   \
    static result (*real)(__VA_ARGS__);                           \
    if (!real)                                                    \
        real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define GUARDED(type, failed, which, call, noting)                \
    pthread_mutex_lock(&one_at_a_time);                           \
    type result = failed;                                         \
    if (!fails(which)) {                                          \
        result = call;                                            \
        if (result != failed) {                                   \
            int kept = errno;                                     \
            noting;                                               \
            errno = kept;                                         \
        }                                                         \
    }                                                             \
    pthread_mutex_unlock(&one_at_a_time);                         \
    return result

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return real(fd, data, length);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    GUARDED(ssize_t, -1, WRITE_ERRNO, real(fd, data, length), note("WRIT", path, data, result, offset));
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return real(fd, data, length, offset);
    GUARDED(ssize_t, -1, WRITE_ERRNO, real(fd, data, length, offset), note("WRIT", path, data, result, offset));
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

int ftruncate64(int fd, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return real(fd, length);
    GUARDED(int, -1, WRITE_ERRNO, real(fd, length), note("TRUN", path, NULL, 0, length));
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return real(fd);
    GUARDED(int, -1, SYNC_ERRNO, real(fd), note("SYNC", path, NULL, 0, 0));
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return real(fd);
    GUARDED(int, -1, SYNC_ERRNO, real(fd), note("SYNC", path, NULL, 0, 0));
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    if (!is_below(path))
        return real(path);
    GUARDED(int, -1, WRITE_ERRNO, real(path), note("GONE", path, NULL, 0, 0));
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    if (!is_below(to))
        return real(from, to);
    GUARDED(int, -1, WRITE_ERRNO, real(from, to), note("NAME", from, to, strlen(to), 0));
}

int clock_gettime(clockid_t clock, struct timespec *moment) {
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int result = real(clock, moment);
    if (!result && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        moment->tv_sec += control[CLOCK];
    return result;
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone) {
    REAL(int, "gettimeofday", struct timeval *, void *);
    int result = real(moment, zone);
    if (!result && control)
        moment->tv_sec += control[CLOCK];
    return result;
}

time_t time(time_t *moment) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (moment)
        *moment = now.tv_sec;
    return now.tv_sec;
}
