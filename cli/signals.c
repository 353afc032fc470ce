/* Signals only set flags while there is something to save; before and after, the first one ends the program.
 */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t held, stop, save, line_shown;

static void leave(int number)
{
    static const char erase[] = "\r\033[K";
    if (line_shown && write(STDERR_FILENO, erase, sizeof erase - 1) < 0) _exit(128 + number);
    _exit(128 + number);
}

static void on_stop(int number)
{
    if (!held || stop) leave(number);
    stop = number;
}

static void on_save(int number)
{
    (void)number;
    save = 1;
}

static void catch_signal(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN && number == SIGHUP)
        return; /* nohup */
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, NULL);
}

void signals_install(void)
{
    catch_signal(SIGINT, on_stop);
    catch_signal(SIGTERM, on_stop);
    catch_signal(SIGHUP, on_stop);
    catch_signal(SIGUSR1, on_save);
    catch_signal(SIGPIPE, SIG_IGN);
    catch_signal(SIGXFSZ, SIG_IGN);
}

void signals_hold(int hold)
{
    held = hold;
}
int signals_stop(void)
{
    return stop;
}
void signals_line(int on_terminal)
{
    line_shown = on_terminal;
}

int signals_save(void)
{
    int asked = save;
    save = 0;
    return asked;
}
