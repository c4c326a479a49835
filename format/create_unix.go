//go:build unix

package format

import "syscall"

const noFollow = syscall.O_NOFOLLOW
