/* Small files in which the kernel tells what it grants. */
#ifndef RD_KERNEL_FILES_H
#define RD_KERNEL_FILES_H

#include <stddef.h>

/* The front of a small file, ended by 0; 0 when there is none or it is empty. */
int rd_read_small(const char *path, char *text, size_t room);
/* The path of our control group (version 2) below /sys/fs/cgroup, "" for the root; 0 when there is none. */
int rd_own_group(char *group, size_t room);
/* The group above it; 0 above the root. */
int rd_group_above(char *group);

#endif
