# A program beside the server, as the analyser is one, but for as long as it wants.

cdef void apart_main(int parent, const int *fds, int count, char *const *argv,
                     char *const *environment) noexcept nogil:
    cdef int program = 0, refused = 0
    if lg_become_child(parent, 0, fds, count) == 0:
        dup2(1, 2)
        lg_run(argv, environment, &program, &refused)
    _exit(3)

cdef void fill(list words, char **array, size_t room) except *:
    # as an array that ends with NULL, and whose texts are the list's
    cdef size_t i, count = len(words)
    if count >= room:
        raise ValueError("too many words")
    for i in range(count):
        array[i] = <bytes>words[i]
    array[count] = NULL

def run_apart(list argv, list environment, list fds, launched):
    """Run a program, call `launched`, and return when the program has ended."""
    cdef char *arguments[64]
    cdef char *variables[16]
    cdef int wanted[LG_MOST_FDS]
    cdef sigset_t all_signals, previous
    cdef int i, error, pidfd = -1, pid, parent = getpid(), count = len(fds)
    fill(argv, arguments, 64)
    fill(environment, variables, 16)
    if count > LG_MOST_FDS:
        raise ValueError("too many descriptors")
    for i in range(count):
        wanted[i] = fds[i]
    sigfillset(&all_signals)
    pthread_sigmask(SIG_SETMASK, &all_signals, &previous)
    pid = lg_clone(&pidfd)
    if pid == 0:
        apart_main(parent, wanted, count, arguments, variables)
    error = errno
    pthread_sigmask(SIG_SETMASK, &previous, NULL)
    if pid < 0:
        raise OSError(error, "clone was refused")
    close(pidfd)
    try:
        launched()
    finally:
        with nogil:
            lg_reap(pid)
