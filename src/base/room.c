/* How much memory this process can still have: the least of what its address space, its control group and the
 * machine leave. Whatever cannot be read does not limit. */
#include "base/kernel_files.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The number after `name` at the beginning of a line; UINT64_MAX when there is none. */
static uint64_t number_after(const char *text, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, name, length) == 0) {
            char *end;
            const unsigned long long value = strtoull(line + length, &end, 10);
            return end == line + length ? UINT64_MAX : value;
        }
    return UINT64_MAX;
}

static uint64_t less(uint64_t limit, uint64_t used)
{
    return limit > used ? limit - used : 0;
}

static uint64_t address_space(void)
{
    struct rlimit limit;
    char text[256];
    const long page = sysconf(_SC_PAGESIZE);
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    if (page <= 0 || !rd_read_small("/proc/self/statm", text, sizeof text)) return limit.rlim_cur;
    return less(limit.rlim_cur, number_after(text, "") * (uint64_t)page);
}

/* What one group leaves; pages of files count as free, as the system takes them back. */
static uint64_t group_leaves(const char *group)
{
    char path[4096 + 64], text[4096];
    (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
    if (!rd_read_small(path, text, sizeof text)) return UINT64_MAX;
    const uint64_t most = number_after(text, ""); /* "max" is no number */
    (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.current", group);
    if (most == UINT64_MAX || !rd_read_small(path, text, sizeof text)) return most;
    const uint64_t used = number_after(text, "");
    (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.stat", group);
    const uint64_t files = rd_read_small(path, text, sizeof text) ? number_after(text, "file ") : 0;
    return less(most, less(used, files == UINT64_MAX ? 0 : files));
}

static uint64_t control_group(void)
{
    char group[4096];
    uint64_t least = UINT64_MAX;
    for (int more = rd_own_group(group, sizeof group); more; more = rd_group_above(group)) {
        const uint64_t leaves = group_leaves(group);
        if (leaves < least) least = leaves;
    }
    return least;
}

static uint64_t machine(void)
{
    char text[4096];
    const uint64_t kib =
        rd_read_small("/proc/meminfo", text, sizeof text) ? number_after(text, "MemAvailable:") : UINT64_MAX;
    return kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
}

uint64_t rd_memory_resident(void)
{
    char text[256];
    const long page = sysconf(_SC_PAGESIZE);
    const char *second = rd_read_small("/proc/self/statm", text, sizeof text) ? strchr(text, ' ') : NULL;
    const uint64_t pages = second ? number_after(second + 1, "") : UINT64_MAX;
    return page <= 0 || pages == UINT64_MAX ? 0 : pages * (uint64_t)page;
}

rd_room rd_memory_room(void)
{
    const rd_room rooms[] = {{address_space(), "ulimit -v leaves"},
                             {control_group(), "the control group leaves"},
                             {machine(), "this machine has"}};
    rd_room least = rooms[0];
    for (size_t i = 1; i < sizeof rooms / sizeof *rooms; i++)
        if (rooms[i].bytes < least.bytes) least = rooms[i];
    return least;
}
