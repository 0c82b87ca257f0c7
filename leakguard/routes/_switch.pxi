# On and off, and what is due from time to time.

def start(double interval, int depth=LG_DEPTH):
    global lg_sampling, lg_depth, hooked
    if lg_tables.samples == NULL:
        lg_tables.samples = <LGSample *>calloc(LG_SAMPLES, sizeof(LGSample))
        lg_tables.sites = <LGSite *>calloc(LG_SITES, sizeof(LGSite))
        lg_tables.site_slots = <uint16_t *>calloc(LG_SITE_SLOTS, sizeof(uint16_t))
        if lg_tables.samples == NULL or lg_tables.sites == NULL or lg_tables.site_slots == NULL:
            raise MemoryError("no memory for the table of samples")
        lg_tables.version = LG_TABLES_VERSION
        lg_tables.sample_bytes = sizeof(LGSample)
        lg_tables.sample_room = LG_SAMPLES
        lg_tables.site_bytes = sizeof(LGSite)
        lg_tables.site_room = LG_SITES
        lg_tables.bytes = _table_bytes()
        lg_tables.lock = lg_lock
        lg_tables.unlock = lg_unlock
        lg_tables.hook = lg_hook_address
        lg_tables.below = lg_below_objects
        lg_tables.least = &lg_least
        lg_watch_forks()
    _connect()
    lg_tables.requests = lg_requests
    lg_depth = max(0, min(depth, LG_DEPTH))
    lg_tables.interval = lg_tables.base_interval = interval
    lg_sampling = True
    lg_seed_anew()
    lg_install()  # also after a stop: a tool may have put back what we had taken out
    hooked = True

def stop():
    global lg_sampling, lg_countdown, hooked
    lg_sampling = False
    lg_countdown = LG_NEVER
    clear()
    hooked = hooked and not lg_uninstall()
    return not hooked

def running():
    return bool(lg_sampling)

def seed(uint64_t number):
    lg_seed(number)

def set_late(double seconds):
    global lg_late_ms
    lg_late_ms = <int64_t>(seconds * 1e3)

def set_interval(double interval):
    global lg_countdown
    lg_lock()
    lg_tables.base_interval = interval
    if interval > lg_tables.interval:
        lg_thin(&lg_tables, interval)
    lg_tables.interval = interval
    if lg_sampling:
        lg_countdown = lg_gap(&lg_tables)
    lg_unlock()

def maintain():
    global restarts
    cdef bint whole
    if not lg_sampling:
        return True
    whole = lg_install()
    if not whole:
        restarts += 1
        clear()
    if lg_tables.live_sites > LG_SITES_CROWDED:
        _drop_unused_sites()
    if lg_tables.live < LG_MAX_LIVE // 4 and lg_tables.interval > lg_tables.base_interval:
        # Samples keep the interval with which they were taken, so this biases nothing either.
        lg_tables.interval = max(lg_tables.base_interval, lg_tables.interval / 2)
    return whole

def clear():
    if lg_tables.samples == NULL:
        return
    lg_lock()
    lg_clear(&lg_tables)
    lg_unlock()
    _drop_unused_sites()

def forget_unused_stacks():
    if lg_tables.samples != NULL:
        _drop_unused_sites()

cdef void _drop_unused_sites():
    cdef int room = LG_SITES * LG_DEPTH
    cdef void **codes = <void **>malloc(room * sizeof(void *))
    cdef int i, count
    if codes == NULL:
        return
    lg_lock()
    count = lg_take_unused_sites(&lg_tables, codes, room)
    lg_unlock()
    for i in range(count):
        Py_DECREF(<PyObject *>codes[i])
    free(codes)
