/* Flights in a line, so that those in the air can be listed; being in it holds no reference. */
#ifndef LEAKGUARD_LINE_H
#define LEAKGUARD_LINE_H

#include <Python.h>

typedef struct LGLink {
    struct LGLink *next, *previous; /* NULL: in no line */
    PyObject *flight;
} LGLink;

static inline void lg_start_line(LGLink *line) { line->next = line->previous = line; }

static inline void lg_link(LGLink *line, LGLink *link, PyObject *flight) {
    link->flight = flight;
    link->next = line;
    link->previous = line->previous;
    line->previous = line->previous->next = link;
}

static inline void lg_unlink(LGLink *link) {
    if (!link->next) return;
    link->next->previous = link->previous;
    link->previous->next = link->next;
    link->next = link->previous = NULL;
}

static inline void lg_end_line(LGLink *line) {
    while (line->next != line) lg_unlink(line->next);
}

#endif
