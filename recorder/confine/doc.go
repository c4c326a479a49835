// Package confine is how a process gives up what it no longer needs, on every thread: its user,
// capabilities, the way to get any back by an execve (no_new_privs), files outside of given
// directories (Landlock), and syscalls (a seccomp filter, made for a recorder that has attached everything).
//
// It does not know what is recorded, nor when or how much is to be given up: package recorder says that.
package confine
