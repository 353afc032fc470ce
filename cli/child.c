/* This program run by itself: a command line word by word, a child that is waited for, and signals that are
 * passed on to it. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_EVERY = 20 }; /* milliseconds between looks at the flag of signals.c */

void line_add(command_line *to, const char *word)
{
    char *copy = word && to->count + 1 < MOST_WORDS ? strdup(word) : NULL;
    to->failed |= !copy;
    if (copy) to->word[to->count++] = copy;
}

void line_join(command_line *to, ...)
{
    buffer made = {0};
    va_list args;
    va_start(args, to);
    for (const char *piece; (piece = va_arg(args, const char *)) != NULL;)
        buffer_put(&made, piece);
    va_end(args);
    line_add(to, made.failed ? NULL : made.text);
    buffer_free(&made);
}

void line_free(command_line *of)
{
    for (size_t i = 0; i < of->count; i++)
        free(of->word[i]);
    *of = (command_line){0};
}

/* Starts this program with its standard error added to `log` and its standard output there too, or into
 * `output`; in a process group of its own, since a signal of the terminal would reach it twice: the second
 * one does not save. */
static int spawn(const command_line *line, const char *log, int output, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&actions, output >= 0 ? output : STDERR_FILENO, STDOUT_FILENO);
    int failed = posix_spawn(child, "/proc/self/exe", &actions, &attributes, line->word, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed ? report_fail(RONDO_SYSTEM, NULL, "rondo could not be started again: %s", strerror(failed))
                  : RONDO_OK;
}

/* Takes what the child has written so far; 0 when no more is to come. */
static int take(int from, buffer *answer)
{
    char piece[4096];
    const ssize_t got = read(from, piece, sizeof piece);
    if (got > 0) buffer_add(answer, piece, (size_t)got);
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Waits for the child's end, taking what it writes into `from` (-1: nothing) meanwhile. A signal that asks
 * this program to stop is passed on once: the child saves and ends. */
static int attend(pid_t child, int from, buffer *answer)
{
    int state = 0, told = 0;
    for (;;) {
        const int signal = signals_stop();
        if (signal && !told) told = kill(child, signal) == 0;
        struct pollfd open = {.fd = from, .events = POLLIN};
        if (poll(&open, 1, LOOK_EVERY) > 0 && !take(from, answer)) from = -1; /* poll passes over -1 */
        const pid_t ended = from < 0 ? waitpid(child, &state, WNOHANG) : 0;
        if (ended == child) return state;
        if (ended < 0 && errno != EINTR) return -1;
    }
}

/* What the end of a child means for this program. */
static int judge(const command_line *line, const char *log, int state)
{
    if (signals_stop()) return 128 + signals_stop();
    if (state >= 0 && WIFEXITED(state) && WEXITSTATUS(state) == RONDO_OK) return RONDO_OK;
    if (state < 0 || !WIFEXITED(state))
        return report_fail(RONDO_SYSTEM, NULL,
                           "rondo %s was ended by signal %d; the same command goes on with what it saved",
                           line->word[1], state < 0 ? 0 : WTERMSIG(state));
    return report_fail(WEXITSTATUS(state), NULL, "rondo %s ended with status %d; %s says why", line->word[1],
                       WEXITSTATUS(state), log);
}

int child_run(const command_line *line, const char *log, buffer *answer)
{
    int ends[2] = {-1, -1};
    pid_t child;
    if (signals_stop()) return 128 + signals_stop();
    if (line->failed) return report_fail(RONDO_LIMIT, NULL, "a command of more than %d words", MOST_WORDS);
    if (answer && pipe2(ends, O_CLOEXEC) != 0)
        return report_fail(RONDO_SYSTEM, NULL, "a pipe: %s", strerror(errno));
    int status = spawn(line, log, ends[1], &child);
    if (ends[1] >= 0) close(ends[1]);
    if (status == RONDO_OK) status = judge(line, log, attend(child, ends[0], answer));
    if (ends[0] >= 0) close(ends[0]);
    return status;
}
