//go:build linux

package recorder

import (
	"net"
	"os"
	"strconv"
	"time"
)

// notifier tells the service manager how it goes, sd_notify(3). The library
// for it opens a socket for every message, which the recorder's seccomp filter
// refuses: this one keeps its own. A nil notifier is none.
type notifier struct {
	conn  *net.UnixConn
	every time.Duration // half of WatchdogSec; 0 without
	last  time.Time
}

func newNotifier() *notifier {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil
	}
	n := &notifier{conn: conn}
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if pid := os.Getenv("WATCHDOG_PID"); err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(usec) * time.Microsecond / 2
	}
	return n
}

func (n *notifier) tell(state string) {
	if n != nil {
		n.conn.SetWriteDeadline(time.Now().Add(time.Second))
		n.conn.Write([]byte(state))
	}
}

// alive feeds the watchdog, when it is due. It is called behind the lock of
// the destination: a writer that hangs starves it.
func (n *notifier) alive() {
	if n != nil && n.every > 0 && time.Since(n.last) >= n.every-time.Second {
		n.last = time.Now()
		n.tell("WATCHDOG=1")
	}
}
