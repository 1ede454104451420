/* SPDX-License-Identifier: ISC */
/* net.c: see net.h. A wake-up descriptor stands beside the socket in every poll(2), so a signal
 * between test and wait is not lost. */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "net.h"

static volatile sig_atomic_t caught; /* a signal's number */
static volatile sig_atomic_t wakefd = -1;

int
net_timeout(void)
{
	const char *s = getenv("DK_TIMEOUT");
	int sec;

	if (s == NULL || str_int(s, 1, 86400, &sec) < 0)
		sec = 60;
	return sec * 1000;
}

static void
on_signal(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	caught = sig;
	/* a full counter wakes all the same */
	if (wakefd >= 0 && write(wakefd, &one, sizeof(one)) < 0)
		errno = saved;
	errno = saved;
}

void
net_catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND }, old;
	size_t i;

	if (wakefd < 0)
		wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < LEN(sigs); i++)
		if (sigaction(sigs[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
}

int
net_interrupted(struct err *e)
{
	return caught ? err_setx(e, EINTR, "interrupted") : 0;
}

void
net_end_by_signal(void)
{
	if (!caught)
		return;
	signal(caught, SIG_DFL);
	raise(caught);
}

int
net_wait(int fd, short events, int timeout_ms, struct err *e)
{
	struct pollfd p[2] = { { fd, events, 0 }, { wakefd, POLLIN, 0 } };
	int n;

	for (;;) {
		if (net_interrupted(e) < 0)
			return -1;
		n = poll(p, wakefd >= 0 ? 2 : 1, timeout_ms);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (n == 0)
			return err_setx(
				e, ETIMEDOUT, "no answer for %d seconds", timeout_ms / 1000);
		if (n > 0 && p[0].revents != 0)
			return p[0].revents;
	}
}

size_t
net_ip(const char *host, unsigned char out[16])
{
	if (inet_pton(AF_INET, host, out) == 1)
		return 4;
	if (inet_pton(AF_INET6, host, out) == 1)
		return 16;
	return 0;
}

bool
net_is_loopback(const char *host)
{
	static const unsigned char one[16] = { [15] = 1 };
	unsigned char ip[16];

	switch (net_ip(host, ip)) {
	case 4:
		return ip[0] == 127;
	case 16:
		return memcmp(ip, one, 16) == 0;
	default:
		return strcasecmp(host, "localhost") == 0;
	}
}

static int
try_connect(const struct addrinfo *ai, int timeout_ms, struct err *e)
{
	CLEAN_FD int fd = -1;
	socklen_t len;
	int error, one = 1;

	fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
	if (fd < 0)
		return err_set(e, errno, "socket");
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
		if (errno != EINPROGRESS && errno != EINTR)
			return err_setx(e, errno, "%s", strerror(errno));
		if (net_wait(fd, POLLOUT, timeout_ms, e) < 0)
			return -1;
		len = sizeof(error);
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
			error = errno;
		if (error != 0)
			return err_setx(e, error, "%s", strerror(error));
	}
	/* requests are written whole; waiting for more of them would only delay */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	return steal_fd(&fd);
}

int
net_connect(const char *host, const char *port, int timeout_ms, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *list,
			*ai;
	int fd = -1, r;

	if (net_interrupted(e) < 0)
		return -1;
	r = getaddrinfo(host, port, &hints, &list);
	if (r != 0)
		return err_setx(e, r == EAI_SYSTEM ? errno : EHOSTUNREACH, "look up host '%s': %s",
			host, gai_strerror(r));
	err_setx(e, EHOSTUNREACH, "no address");
	for (ai = list; ai != NULL && fd < 0; ai = ai->ai_next) {
		fd = try_connect(ai, timeout_ms, e);
		if (fd < 0 && e->code == EINTR)
			break;
	}
	freeaddrinfo(list);
	if (fd < 0 && e->code != EINTR)
		err_wrap(e, "connect to %s port %s", host, port);
	return fd;
}
