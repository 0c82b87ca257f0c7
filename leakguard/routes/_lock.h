/* The lock of the sampler's tables, which a fork of any kind must find usable on both sides.
 *
 * The forking thread takes it, so that the child finds the tables whole. But handlers of others run
 * between ours, in the parent and in the child (uvloop runs Python code in its own, in the child),
 * and what they allocate comes back here: for the forking thread the lock is open meanwhile.
 */
#ifndef LEAKGUARD_LOCK_H
#define LEAKGUARD_LOCK_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_flag lg_locked = ATOMIC_FLAG_INIT;
static atomic_int lg_forking;
static pthread_t lg_forking_thread; /* while lg_forking; the same thread in the child */
static int lg_nested;               /* how often the forking thread has come back */

static inline int lg_is_forking_thread(void) {
    return atomic_load_explicit(&lg_forking, memory_order_acquire) &&
           pthread_equal(lg_forking_thread, pthread_self());
}

static void lg_lock(void) {
    while (atomic_flag_test_and_set_explicit(&lg_locked, memory_order_acquire)) {
        if (lg_is_forking_thread()) {
            lg_nested++;
            return;
        }
        sched_yield();
    }
}

static void lg_unlock(void) {
    if (lg_nested && lg_is_forking_thread())
        lg_nested--;
    else
        atomic_flag_clear_explicit(&lg_locked, memory_order_release);
}

static void lg_before_fork(void) {
    lg_lock();
    lg_forking_thread = pthread_self();
    atomic_store_explicit(&lg_forking, 1, memory_order_release);
}

static void lg_after_fork(void) {
    atomic_store_explicit(&lg_forking, 0, memory_order_release);
    lg_unlock();
}

#endif
