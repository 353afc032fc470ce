/* Runs a fuzzing harness over the files of a folder, in order of their names: its corpus as an ordinary test.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file in a block of exactly its size, so that a sanitizer sees a read past its end. */
static int replay(const char *path)
{
    struct stat facts;
    FILE *file = stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? fopen(path, "rb") : NULL;
    if (!file) return 0;
    const size_t size = (size_t)facts.st_size;
    uint8_t *data = malloc(size ? size : 1);
    const int whole = data && fread(data, 1, size, file) == size;
    fclose(file);
    if (whole) LLVMFuzzerTestOneInput(data, size);
    free(data);
    return whole;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    const int count = argc == 3 ? scandir(argv[2], &names, is_file, alphasort) : -1;
    int done = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        const int length = snprintf(path, sizeof path, "%s/%s", argv[2], names[i]->d_name);
        if (length > 0 && (size_t)length < sizeof path && replay(path))
            done++;
        else
            printf("not ok - replay of %s: %s cannot be read\n", argv[1], names[i]->d_name);
        free(names[i]);
    }
    free(names);
    if (done == 0)
        printf("not ok - replay of %s: no files\n", argc > 1 ? argv[1] : "nothing");
    else if (done == count)
        printf("ok - replay of %s: %d files\n", argv[1], done);
    return done == 0 || done != count;
}
