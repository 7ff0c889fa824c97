// shim.h — libunbound for Swift, and the eventfd that wakes its thread (Swift's Glibc leaves eventfd out).
#pragma once
#include <sys/eventfd.h>
#include <unbound.h>

/// Non-blocking, closed on exec; -1 with errno on failure.
static inline int wakeup_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
