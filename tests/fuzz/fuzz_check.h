// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A property that a fuzz target found broken stops the program in every build, NDEBUG or not.

#include <cstdio>
#include <cstdlib>

#define FUZZ_CHECK(condition)                                                             \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                 \
        }                                                                                 \
    } while (false)
