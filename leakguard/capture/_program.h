/* A child that becomes a program, without the server's waitpid(-1) or its memory having to know. */
#ifndef LEAKGUARD_PROGRAM_H
#define LEAKGUARD_PROGRAM_H
#include "_os.h"

/* The large private writable mappings of this process, as start and end pairs; their number. */
static int lg_heap_ranges(uintptr_t *found, int room) {
    char text[4096 + 1];
    size_t kept = 0;
    ssize_t n;
    int count = 0, fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    uintptr_t stack = (uintptr_t)text, thread_local_data = (uintptr_t)&errno;
    while (fd >= 0 && (n = read(fd, text + kept, sizeof text - 1 - kept)) > 0) {
        char *line = text, *end;
        text[kept + (size_t)n] = 0;
        while ((end = strchr(line, '\n'))) { /* start-end rw-p offset device inode path */
            uintptr_t start = strtoul(line, &line, 16), stop = strtoul(line + 1, &line, 16);
            int heap = line[1] == 'r' && line[2] == 'w' && line[4] == 'p' &&
                       !memchr(line, '/', (size_t)(end - line)) && stop - start >= 1 << 20;
            int needed = (stack >= start && stack < stop) ||
                         (thread_local_data >= start && thread_local_data < stop);
            if (heap && !needed && count < room) {
                found[2 * count] = start;
                found[2 * count + 1] = stop;
                count++;
            }
            line = end + 1;
        }
        kept = strlen(line);
        memmove(text, line, kept);
    }
    if (fd >= 0) close(fd);
    return count;
}

/* Run a program and end when it ends; returns only where that is refused. exec makes SIGCHLD the
   exit signal of the process that calls it, and the server's waitpid(-1) would then take it for
   its own: so a child of this process calls it, and this one stays as an empty shell. Without an
   environment it is the server's. */
static void lg_run(char *const *argv, char *const *environment, volatile int *program,
                   volatile int *refused) {
    enum { RANGES = 4096 };
    uintptr_t *ranges = lg_map(NULL, 0, RANGES * 2 * sizeof *ranges);
    int count = ranges ? lg_heap_ranges(ranges, RANGES) : 0, status;
    pid_t self = getpid(), pid = vfork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == self) execve(argv[0], argv, environment ? environment : environ);
        *refused = 1;
        _exit(3);
    }
    if (pid < 0 || *refused) return;
    *program = pid;
    /* The server has its pages to itself again. From here on there are system calls only: the
       dynamic linker's own data is gone too, so that no function could be found any more. */
    for (int i = 0; i < count; i++)
        syscall(SYS_madvise, ranges[2 * i], ranges[2 * i + 1] - ranges[2 * i], MADV_DONTNEED);
    while (syscall(SYS_wait4, pid, &status, 0, NULL) < 0 && errno == EINTR) {}
    syscall(SYS_exit_group, 0);
}

#endif
