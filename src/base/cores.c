/* How many threads are worth starting: the processors this process may run on, one of each pair of siblings,
 * and no more than the quota of its control group. Whatever cannot be read does not limit. */
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_CORES = 8, MOST_PROCESSORS = 4096 };

/* The front of a small file of the kernel, ended by 0; 0 when there is none. */
static int read_small(const char *path, char *text, size_t room)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    ssize_t got;
    do {
        got = read(descriptor, text, room - 1);
    } while (got < 0 && errno == EINTR);
    (void)close(descriptor); /* nothing was written */
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

/* The lowest processor that shares a core with this one. */
static long first_sibling(int processor)
{
    char path[96], text[64];
    (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                   processor);
    return read_small(path, text, sizeof text) && text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10)
                                                                                   : processor;
}

static int allowed_cores(void)
{
    cpu_set_t allowed[MOST_PROCESSORS / CPU_SETSIZE];
    unsigned char seen[MOST_PROCESSORS] = {0};
    int cores = 0;
    if (sched_getaffinity(0, sizeof allowed, allowed) != 0) {
        const long online = sysconf(_SC_NPROCESSORS_ONLN);
        return online > MOST_CORES ? MOST_CORES : (int)online;
    }
    for (int i = 0; i < MOST_PROCESSORS && cores < MOST_CORES; i++) {
        if (!CPU_ISSET_S((size_t)i, sizeof allowed, allowed)) continue;
        const long core = first_sibling(i);
        if (core >= 0 && core < MOST_PROCESSORS && seen[core]++ == 0) cores++;
    }
    return cores;
}

/* Whole processors that "QUOTA PERIOD" of a cpu.max grants, at least 1; MOST_CORES for "max". */
static int quota_of(const char *text)
{
    char *after;
    const long quota = strtol(text, &after, 10), period = strtol(after, NULL, 10);
    if (after == text || quota <= 0 || period <= 0 || quota / period >= MOST_CORES) return MOST_CORES;
    return quota / period < 1 ? 1 : (int)(quota / period);
}

/* The least of our control group (version 2) and all groups above it. */
static int quota_cores(void)
{
    char groups[4096], path[4096 + 64];
    int cores = MOST_CORES;
    if (!read_small("/proc/self/cgroup", groups, sizeof groups)) return cores;
    const char *line = strncmp(groups, "0::", 3) == 0 ? groups : strstr(groups, "\n0::");
    if (!line) return cores;
    char *group = strchr(line, '/');
    if (!group) return cores;
    group[strcspn(group, "\n")] = 0;
    for (char *slash = group + strlen(group); slash; slash = strrchr(group, '/')) {
        char text[64];
        *slash = 0;
        (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        if (!read_small(path, text, sizeof text)) continue;
        const int limit = quota_of(text);
        if (limit < cores) cores = limit;
    }
    return cores;
}

int rd_cores(void)
{
    const int allowed = allowed_cores(), quota = quota_cores();
    const int cores = allowed < quota ? allowed : quota;
    return cores < 1 ? 1 : cores;
}
