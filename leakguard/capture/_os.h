/* What the capture asks of the operating system: a child, its isolation, memory and clocks.
 *
 * Everything here is safe in a child made by a raw clone from a threaded process: system calls
 * only, no malloc, no stdio, no locks.
 */
#ifndef LEAKGUARD_OS_H
#define LEAKGUARD_OS_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#define LG_PREFETCH(p) __builtin_prefetch((const void *)(p))
#define LG_HUGE_PAGE ((size_t)2 << 20)

static inline int64_t lg_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static inline int64_t lg_cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- memory: anonymous maps, never malloc (its locks may be held by a thread that did not
   come along into the child) ---------------------------------------------------------------- */

static size_t lg_mapped_bytes; /* of all vectors of this process */

/* Huge pages: growing in 4 KiB pages cost 15 times the page faults and a fifth of the CPU. */
static void *lg_map(void *old, size_t old_bytes, size_t bytes) {
    void *p = old ? mremap(old, old_bytes, bytes, MREMAP_MAYMOVE)
                  : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    if (bytes >= LG_HUGE_PAGE) madvise(p, bytes, MADV_HUGEPAGE);
    lg_mapped_bytes += bytes - old_bytes;
    return p;
}
static void lg_unmap(void *p, size_t bytes) {
    if (!p) return;
    munmap(p, bytes);
    lg_mapped_bytes -= bytes;
}

/* A page of memory that parent and child both see: results and progress need no descriptor. */
static void *lg_shared_map(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* ---- the child ---------------------------------------------------------------------------- */

/* Exit signal 0: no SIGCHLD reaches the server, and waitpid(-1) in the app cannot take the child.
   Signals stay blocked until the child has reset their dispositions: a handler of the server's
   that ran in the child would write into the server's own wake-up pipe. */
static pid_t lg_clone(int *pidfd) {
    int fd = -1;
    long pid = syscall(SYS_clone, (unsigned long)CLONE_PIDFD, 0UL, &fd, 0UL, 0UL);
    if (pid > 0) *pidfd = fd;
    return (pid_t)pid;
}

static void lg_close_range(unsigned first, unsigned last) {
    if (first > last || syscall(SYS_close_range, first, last, 0U) == 0) return;
    struct rlimit limit; /* an old kernel, or a seccomp filter that denies it */
    unsigned end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1u << 20
                       ? (unsigned)limit.rlim_cur : 1u << 20;
    for (unsigned fd = first; fd <= last && fd < end; fd++) close((int)fd);
}

enum { LG_MOST_FDS = 8 };

/* Put the wanted descriptors at 3, 4, … and close all others: a socket that the child inherited
   would keep clients from seeing the end of their connection while the child lives. What is not
   wanted goes first: in a server at its limit of open files no copy could be made before, and the
   image would be written to whatever the server has at 3. Standard input and output may be
   sockets too. -1: not possible. */
static int lg_keep_fds(const int *wanted, int count) {
    int moved[LG_MOST_FDS];
    unsigned from = 3;
    int null = -1;
    for (;;) { /* the gaps between the wanted ones, in ascending order */
        unsigned next = ~0U;
        for (int i = 0; i < count; i++)
            if ((unsigned)wanted[i] >= from && (unsigned)wanted[i] < next) next = (unsigned)wanted[i];
        lg_close_range(from, next - (next != ~0U));
        if (next == ~0U) break;
        from = next + 1;
    }
    for (int i = 0; i < count; i++)
        if ((moved[i] = fcntl(wanted[i], F_DUPFD, 3 + count)) < 0) return -1;
    for (int i = 0; i < count; i++)
        if (dup2(moved[i], 3 + i) < 0) return -1;
    lg_close_range(3 + (unsigned)count, ~0U);
    if ((null = open("/dev/null", O_RDWR)) < 0) return 0; /* a bare chroot */
    dup2(null, 0);
    dup2(null, 1);
    close(null);
    return 0;
}

static void lg_write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)!write(fd, text, strlen(text));
    close(fd);
}

/* Dies with the server, first in line for the OOM killer, no core dump of the server's data.
   -1: the child cannot be set apart and must end. */
static int lg_become_child(pid_t parent, unsigned cpu_seconds, const int *fds, int fd_count) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(99);
    lg_write_text("/proc/self/oom_score_adj", "1000");
    struct sigaction action;
    memset(&action, 0, sizeof action);
    for (int s = 1; s < 65; s++) {
        int ignored = s == SIGPIPE || s == SIGINT || s == SIGHUP || s == SIGQUIT || s == SIGUSR1 ||
                      s == SIGUSR2 || s == SIGWINCH || s == SIGXFSZ;
        action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
        sigaction(s, &action, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    struct rlimit limit = {0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    if (cpu_seconds) {
        limit.rlim_cur = cpu_seconds;
        limit.rlim_max = cpu_seconds + 1;
        setrlimit(RLIMIT_CPU, &limit);
    }
    prctl(PR_SET_NAME, "leakguard", 0, 0, 0);
    return lg_keep_fds(fds, fd_count);
}

/* Wait for the child's end or a time; 1 ended, 0 time ran out. */
static int lg_wait_readable(int pidfd, int milliseconds) {
    struct pollfd waiting = {pidfd, POLLIN, 0};
    int n = poll(&waiting, 1, milliseconds);
    return n > 0;
}

/* The wait status of a child that has ended or is about to. */
static int lg_reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR) return 0;
    return status;
}

static int lg_write_all(int fd, const void *data, size_t bytes) {
    const char *p = data;
    while (bytes) {
        ssize_t n = write(fd, p, bytes > (1u << 30) ? 1u << 30 : bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return -1;
        p += n;
        bytes -= (size_t)n;
    }
    return 0;
}

/* ---- what the C allocator has handed out --------------------------------------------------- */

/* bytes in use by malloc, 0 where the C library cannot tell. Takes malloc's locks: parent only. */
static uint64_t lg_malloc_in_use(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    return (uint64_t)info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

#endif
