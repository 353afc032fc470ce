/* rondo: recurrent networks from the shell. Finds the command, reads its options, runs it, and makes sure
 * that what was printed has arrived. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A missing standard stream would give its number to the next file opened. */
static int streams_open(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[i]) != i) return 0;
    return 1;
}

static int unknown_command(const char *name)
{
    const command *guess = command_guess(name);
    char hint[128];
    snprintf(hint, sizeof hint, guess ? "did you mean rondo %s?" : "rondo help lists the commands",
             guess ? guess->name : "");
    return report_fail(RONDO_BAD_ARGUMENT, hint, "%s is not a command", show(name).text);
}

static int run_command(invocation *call, int argc, char **argv)
{
    int status = invocation_parse(call, argc, argv);
    if (status != RONDO_OK) return status;
    report_settle(call->options);
    if (flag_of(call->given, "help"))
        return help_command(call->command, call->files == 0 || strcmp(call->file[0], "-h") != 0);
    if (flag_of(call->given, "version")) {
        help_version();
        return RONDO_OK;
    }
    if (flag_of(call->options, "dump-config")) return config_dump(call);
    return call->command->run(call);
}

int main(int argc, char **argv)
{
    if (!streams_open()) return RONDO_SYSTEM;
    signals_install();
    if (argc < 2) {
        help_overview(STDERR_FILENO);
        return RONDO_BAD_ARGUMENT;
    }
    const char *first = argv[1];
    if (has_word("-h --help", first)) {
        help_overview(STDOUT_FILENO);
        return output_finish(RONDO_OK);
    }
    if (has_word("-V --version", first)) {
        help_version();
        return output_finish(RONDO_OK);
    }
    invocation call = {.command = command_find(first)};
    if (!call.command) return unknown_command(first);
    int status = run_command(&call, argc, argv);
    invocation_free(&call);
    return output_finish(status);
}
