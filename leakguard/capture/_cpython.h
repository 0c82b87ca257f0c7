/* Every difference between CPython 3.11, 3.12, 3.13, 3.14 and 3.15 that the heap walk meets.
 *
 * Accessors only: none of them runs Python code, takes a reference or allocates, so all may be
 * called from a forked child and with nothing but the GIL of a stopped world behind them. Layouts
 * are the interpreter's own private ones, from its headers; a self-test at start-up checks that
 * the running interpreter agrees with what was compiled here.
 */
#ifndef LEAKGUARD_CPYTHON_H
#define LEAKGUARD_CPYTHON_H

#include "_cpython_dicts.h"
#include "_cpython_frames.h"
#include "_cpython_interpreter.h"
#include "_cpython_objects.h"
#include "_cpython_pymalloc.h"

#endif
