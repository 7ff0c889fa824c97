// shim.h — libunbound for Swift, and what it needs of Linux that Swift's Glibc leaves out.
#pragma once
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unbound.h>
#include <unistd.h>

/// Non-blocking, closed on exec; -1 with errno on failure.
static inline int wakeup_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/// A file in memory alone, with `text` in it, to be read as `/proc/self/fd/N`; closed on exec; -1 with errno on failure.
static inline int memory_file_open(const char *text) {
    int file = (int)syscall(SYS_memfd_create, "postrider-resolver", 1u /* MFD_CLOEXEC */);
    if (file < 0) return -1;
    if (write(file, text, strlen(text)) == (ssize_t)strlen(text)) return file;
    close(file);
    return -1;
}
