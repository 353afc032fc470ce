/* How many threads are worth starting: the processors this process may run on, one of each pair of siblings,
 * and no more than the quota of its control group. Whatever cannot be read does not limit. */
#include "base/kernel_files.h"
#include "base/pool.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_CORES = 8, MOST_PROCESSORS = 4096 };

/* The lowest processor that shares a core with this one. */
static long first_sibling(int processor)
{
    char path[96], text[64];
    (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                   processor);
    return rd_read_small(path, text, sizeof text) && text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10)
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

/* The least of our control group and all groups above it. */
static int quota_cores(void)
{
    char group[4096], path[4096 + 64], text[64];
    int cores = MOST_CORES;
    for (int more = rd_own_group(group, sizeof group); more; more = rd_group_above(group)) {
        (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        if (!rd_read_small(path, text, sizeof text)) continue;
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
