package show

import "strconv"

var signals = [...]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
	9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
	16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU",
	23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ", 26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO",
	30: "SIGPWR", 31: "SIGSYS",
}

// Signal names a signal number, the same on x86 and arm.
func Signal(n int) string {
	switch {
	case n > 0 && n < len(signals):
		return signals[n]
	case n >= 32 && n <= 64:
		return "SIGRT_" + strconv.Itoa(n-32)
	}
	return "signal_" + strconv.Itoa(n)
}

// AppendWaitStatus appends how a task ended: "exit 0", "killed SIGKILL",
// "killed SIGSEGV (core)".
func AppendWaitStatus(dst []byte, status uint32) []byte {
	signal := int(status & 0x7f)
	if signal == 0 {
		return strconv.AppendUint(append(dst, "exit "...), uint64(status>>8&0xff), 10)
	}
	dst = append(append(dst, "killed "...), Signal(signal)...)
	if status&0x80 != 0 {
		dst = append(dst, " (core)"...)
	}
	return dst
}
