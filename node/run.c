#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "node/daemon.h"
#include "node/process.h"

/* Signals come as data, so that they are also seen as PID 1, where default actions do not happen. Blocked
 * before any thread starts, and inherited by all. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static const char *take_signal(int signals)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info)
        return "a signal";
    return info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM";
}

static void wait_for(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    while (poll(&wanted, 1, -1) < 0)
        ;
}

/* Wait until the endpoint is empty; a second signal ends the process at once (cli.md). */
static void wait_for_drain(int signals, int done)
{
    struct pollfd wanted[] = {{.fd = done, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (poll(wanted, ARRAY_LEN(wanted), -1) < 0)
        ;
    if (wanted[0].revents)
        return;
    log_warn("%s again: exiting at once", take_signal(signals));
    _exit(outcome_of(OUTCOME_SHUTTING_DOWN)->exit_code);
}

static result_t serve(const struct config *config, int signals, int done, struct error *err)
{
    struct daemon daemon;
    TRY(daemon_start(config, &daemon, err));
    process_trim();
    wait_for(signals);
    log_info("%s: stopping", take_signal(signals));
    daemon_drain(&daemon, done);
    wait_for_drain(signals, done);
    daemon_stop(&daemon);
    log_info("stopped");
    return OUTCOME_OK;
}

int daemon_run(const struct config *config)
{
    struct error err = {.text = ""};
    CLEANUP(close_fd) int signals = open_signals();
    CLEANUP(close_fd) int done = eventfd(0, EFD_CLOEXEC);
    if (signals < 0 || done < 0) {
        log_outcome(LOG_LEVEL_ERROR, OUTCOME_INTERNAL, "cannot wait for signals: %s", strerror(errno));
        return outcome_of(OUTCOME_INTERNAL)->exit_code;
    }
    process_harden(config->workers);
    process_return_memory();
    result_t result = serve(config, signals, done, &err);
    if (result != OUTCOME_OK)
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text[0] ? err.text : outcome_of(result)->text);
    return outcome_of(result)->exit_code;
}
