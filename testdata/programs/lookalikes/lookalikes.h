// Shared by the cases of lookalikes: how a case says ok, skip or failed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum { OK = 0, FAIL = 1, SKIP = 77 };

#define CHECK(cond)                                                                     \
	do {                                                                            \
		errno = 0;                                                              \
		if (!(cond)) {                                                          \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #cond, strerror(errno)); \
			return FAIL;                                                    \
		}                                                                       \
	} while (0)

// FAILS_WITH checks that a call fails with this errno.
#define FAILS_WITH(err, call) CHECK((call) == -1 && errno == (err))

#define SKIP_BECAUSE(why)                                 \
	do {                                              \
		fprintf(stderr, "skip: %s: %s\n", why, strerror(errno)); \
		return SKIP;                              \
	} while (0)

struct test {
	const char *name;
	int (*run)(void);
};

// Each file has one table, ended by a NULL name. A case runs in a process of
// its own, whose working directory is an empty directory of its own.
extern const struct test names[], trees[], execs[], pointers[], sockets[], tasks[];

extern char self[PATH_MAX]; // this program, by absolute name
extern char work[PATH_MAX]; // the case's directory, by absolute name

char *path(const char *name);                    // name in the case's directory, absolute; one of four rotating buffers
int put(const char *name, const char *content);  // writes a file; 0 or -1
int holds(int fd, char want);                    // fd's first byte is want; closes fd
int opens(const char *name, char want);          // raw openat, then holds
int copy_self(const char *to, mode_t mode);      // 0 or -1
int exit_of(pid_t pid);                          // waits; exit code or -1
