// SPDX-License-Identifier: GPL-3.0-or-later
// How OpenMP's threads wait for each other. libgomp's default is to spin for milliseconds at every barrier. On a machine that does something
// else as well, threads then wait by keeping from the core the one they wait for: on two cores with a load of 3 to 8, an answer took four to six
// times as long (docs/measurements.md). libgomp reads its settings when it is loaded and offers no call to change them, so the program
// starts itself once more with GOMP_SPINCOUNT set, from .preinit_array, where no library has been initialised yet: 20 ms. Whoever sets
// GOMP_SPINCOUNT or OMP_WAIT_POLICY is left alone; where anything fails, the program goes on as it is.

#ifdef __linux__

#include <unistd.h>

#ifdef __GLIBC__

namespace {

constexpr int kMostVariables = 4096;

// No library may be called here that needs its own initialisation.
bool startsWith(const char* text, const char* prefix) {
    while (*prefix != '\0') {
        if (*text++ != *prefix++) {
            return false;
        }
    }
    return true;
}

void setSpinCount(int /*count*/, char** arguments, char** environment) {
    static char setting[] = "GOMP_SPINCOUNT=1000";   // what libgomp itself takes once it has more threads than the machine has cores
    static char* next[kMostVariables + 2];
    int count = 0;
    for (char** entry = environment; *entry != nullptr; ++entry) {
        if (count == kMostVariables || startsWith(*entry, "GOMP_SPINCOUNT=") || startsWith(*entry, "OMP_WAIT_POLICY=")) {
            return;
        }
        next[count++] = *entry;
    }
    next[count] = setting;
    execve("/proc/self/exe", arguments, next);
}

using EarlyFunction = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] const EarlyFunction kSetSpinCount = setSpinCount;

}  // namespace

#endif   // __GLIBC__
#endif   // __linux__
