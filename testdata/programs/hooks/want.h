/* What the programs here say of themselves: "want EVENT pid=N key=value …", a
 * line for each row that must be in the recording, exactly once unless the
 * line says "want+". A value that begins with '*' is an ending. */
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void want_(const char *head, const char *event, const char *f, va_list ap)
{
	char line[8192];
	int n = snprintf(line, sizeof(line), "%s %s pid=%d ", head, event, getpid());

	n += vsnprintf(line + n, sizeof(line) - n, f, ap);
	line[n++] = '\n';
	if (write(1, line, n) != n)
		_exit(99);
}

/* Exactly one such row. */
__attribute__((format(printf, 2, 3))) static inline void want(const char *event, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	want_("want", event, f, ap);
	va_end(ap);
}

/* At least one: libraries and the kernel do the same. */
__attribute__((format(printf, 2, 3))) static inline void some(const char *event, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	want_("want+", event, f, ap);
	va_end(ap);
}

/* Stops with a message when cond does not hold: then the lines above prove nothing. */
#define NEED(cond)                                                                                              \
	do {                                                                                                    \
		if (!(cond)) {                                                                                  \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #cond, strerror(errno));         \
			_exit(98);                                                                              \
		}                                                                                               \
	} while (0)

/* Runs what in a child and waits for it. */
#define IN_CHILD(what)                                               \
	do {                                                         \
		int status_;                                         \
		pid_t child_ = fork();                               \
		NEED(child_ >= 0);                                   \
		if (!child_) {                                       \
			what;                                        \
			_exit(0);                                    \
		}                                                    \
		NEED(waitpid(child_, &status_, 0) == child_);        \
		NEED(status_ == 0);                                  \
	} while (0)
