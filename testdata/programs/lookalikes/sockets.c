// Socket addresses that are no strings and lengths that are no sizes.
#include "lookalikes.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HEAD offsetof(struct sockaddr_un, sun_path)

static int pair_on(const struct sockaddr_un *sa, socklen_t n)
{
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(l >= 0 && c >= 0);
	CHECK(bind(l, (void *)sa, n) == 0 && listen(l, 1) == 0 && connect(c, (void *)sa, n) == 0);
	int a = accept(l, NULL, NULL);
	CHECK(a >= 0);
	close(a), close(c), close(l);
	return OK;
}

static int unix_names(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	memset(sa.sun_path, 'x', sizeof sa.sun_path);
	strcpy(sa.sun_path, "plain");
	CHECK(pair_on(&sa, sizeof sa) == OK);
	memcpy(sa.sun_path, "shortXXX", 8); // no NUL: the length ends it
	CHECK(pair_on(&sa, HEAD + 5) == OK && access("short", F_OK) == 0);
	memset(sa.sun_path, 'y', sizeof sa.sun_path); // 108 bytes, no room for a NUL
	CHECK(pair_on(&sa, sizeof sa) == OK);
	return OK;
}

static int unix_abstract(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	snprintf(sa.sun_path + 1, sizeof sa.sun_path - 1, "lookalikes-%d", getpid());
	CHECK(pair_on(&sa, HEAD + 1 + strlen(sa.sun_path + 1)) == OK);
	CHECK(pair_on(&sa, sizeof sa) == OK); // another name: the zeros count
	sa.sun_path[3] = 0;
	CHECK(pair_on(&sa, HEAD + 20) == OK); // a NUL in the middle
	return OK;
}

static int unix_autobind(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX}, got;
	socklen_t n = sizeof got;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(s, (void *)&sa, HEAD) == 0 && getsockname(s, (void *)&got, &n) == 0 && n == HEAD + 6);
	return OK;
}

static int udp_port(int s, int family)
{
	struct sockaddr_storage ss = {.ss_family = family};
	socklen_t n = sizeof ss;
	if (bind(s, (void *)&ss, family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) ||
	    getsockname(s, (void *)&ss, &n))
		return -1;
	return ((struct sockaddr_in *)&ss)->sin_port; // in the same place for both families
}

static int inet_lengths(void)
{
	union { struct sockaddr_in in; char b[4096]; } u = {.in = {.sin_family = AF_INET}};
	struct sockaddr_in peer;
	socklen_t n = sizeof peer;
	int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0), port = udp_port(r, AF_INET);
	CHECK(port > 0 && s >= 0);
	u.in.sin_port = port;
	u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect(s, (void *)&u, 16) == 0 && connect(s, (void *)&u, 17) == 0 && connect(s, (void *)&u, 128) == 0);
	FAILS_WITH(EINVAL, connect(s, (void *)&u, 129));
	FAILS_WITH(EINVAL, connect(s, (void *)&u, 4096));
	FAILS_WITH(EINVAL, connect(s, (void *)&u, -1));
	FAILS_WITH(EINVAL, connect(s, (void *)&u, 4));
	FAILS_WITH(EINVAL, connect(s, (void *)&u, 0));
	FAILS_WITH(EINVAL, connect(s, NULL, 0));
	FAILS_WITH(EFAULT, connect(s, NULL, 16));
	u.in.sin_family = AF_UNSPEC;
	CHECK(connect(s, (void *)&u, 16) == 0 && connect(s, (void *)&u, 2) == 0);
	FAILS_WITH(ENOTCONN, getpeername(s, (void *)&peer, &n));
	return OK;
}

// The kernel makes another address of these; the argument stays what it was.
static int inet_rewritten(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET}, peer;
	socklen_t n = sizeof peer;
	int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	any.sin_port = udp_port(r, AF_INET);
	CHECK(connect(s, (void *)&any, sizeof any) == 0 && getpeername(s, (void *)&peer, &n) == 0);
	CHECK(peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK)); // 0.0.0.0 means here
	any.sin_port = 0;
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(b, (void *)&any, sizeof any) == 0); // port 0 means any
	return OK;
}

static int v4_mapped(void)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6};
	int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET6, SOCK_DGRAM, 0);
	if (s < 0)
		SKIP_BECAUSE("IPv6");
	sa.sin6_port = udp_port(r, AF_INET);
	CHECK(inet_pton(AF_INET6, "::ffff:127.0.0.1", &sa.sin6_addr) == 1);
	CHECK(connect(s, (void *)&sa, sizeof sa) == 0);
	return OK;
}

static int bound_udp(int family, struct sockaddr_storage *to, socklen_t *n)
{
	int s = socket(family, SOCK_DGRAM, 0);
	if (s < 0)
		return -1;
	*to = (struct sockaddr_storage){.ss_family = family};
	*n = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (family == AF_INET)
		((struct sockaddr_in *)to)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)to)->sin6_addr = in6addr_loopback;
	return bind(s, (void *)to, *n) || getsockname(s, (void *)to, n) ? -1 : s;
}

// Addresses of messages: given to each call, to some messages only, or left out.
static int udp_messages(void)
{
	for (int i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET, s = socket(family, SOCK_DGRAM, 0);
		struct sockaddr_storage to;
		socklen_t n;
		if (s < 0 || bound_udp(family, &to, &n) < 0)
			SKIP_BECAUSE("UDP on loopback");
		struct iovec v = {"x", 1};
		struct mmsghdr m[3] = {
			{.msg_hdr = {.msg_name = &to, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1}},
			{.msg_hdr = {.msg_name = &to, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1}},
			{.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}},
		};
		CHECK(sendto(s, "x", 1, 0, (void *)&to, n) == 1 && sendmsg(s, &m[0].msg_hdr, 0) == 1);
		CHECK(sendmmsg(s, m, 3, 0) == 2); // the third has no address, and the socket no peer
		FAILS_WITH(EFAULT, sendto(s, "x", 1, 0, (void *)8, n));
		CHECK(connect(s, (void *)&to, n) == 0 && send(s, "x", 1, 0) == 1 && sendmmsg(s, m, 3, 0) == 3);
	}
	return OK;
}

const struct test sockets[] = {
	{"unix-names", unix_names}, {"unix-abstract", unix_abstract}, {"unix-autobind", unix_autobind},
	{"inet-lengths", inet_lengths}, {"inet-rewritten", inet_rewritten}, {"v4-mapped", v4_mapped}, {"udp-messages", udp_messages}, {0},
};
