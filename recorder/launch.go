//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// launchArg makes this binary a launcher: it provokes the hooks for the
// self-test, waits until everything is attached, and becomes the command.
const launchArg = "__tracerec-launch"

// Control bytes: what the recorder tells the launcher.
const (
	ctlTest = 't' // exec yourself, then provoke every hook
	ctlCopy = 'c' // the same, and calls that copy to the heap
	ctlGo   = 'g' // become the command
)

func init() {
	// The launcher's execve must come from the thread that is marked: the leader.
	if len(os.Args) > 1 && os.Args[1] == launchArg {
		runtime.LockOSThread()
	}
}

// Dispatch must be the first call of main: in a launcher process it does the
// launcher's work and does not return.
func Dispatch() {
	if len(os.Args) > 2 && os.Args[1] == afterArg {
		os.Exit(afterFiles(os.Args[2:]))
	}
	if len(os.Args) < 3 || os.Args[1] != launchArg {
		return
	}
	os.Exit(launcher(os.Args[2], os.Args[3:]))
}

func launcher(stage string, command []string) int {
	control, status := os.NewFile(3, "control"), os.NewFile(4, "status")
	if stage == "test" || stage == "copies" {
		provoke()
		if stage == "copies" {
			provokeCopies()
		}
		status.Write([]byte{'d'})
	}
	var b [1]byte
	if _, err := control.Read(b[:]); err != nil {
		return 0 // nothing to run
	}
	if again := map[byte]string{ctlTest: "test", ctlCopy: "copies"}[b[0]]; again != "" {
		err := syscall.Exec("/proc/self/exe", append([]string{os.Args[0], launchArg, again}, command...), os.Environ())
		fmt.Fprintf(status, "run the self-test: %v", err)
		return 127
	}
	path, err := exec.LookPath(command[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		fmt.Fprintf(status, "%v", err)
		return 127
	}
	if path == "" {
		path = command[0]
	}
	unix.CloseOnExec(3)
	unix.CloseOnExec(4)
	if err := syscall.Exec(path, command, os.Environ()); err != nil {
		fmt.Fprintf(status, "%s: %v", path, err)
	}
	return 126
}

// provoke calls what the hooks watch, on loopback and on files of its own
// process, so that the self-test can tell which of them fire.
func provoke() {
	if f, err := os.Open("/proc/self/stat"); err == nil {
		f.Close()
	}
	for _, addr := range []string{"127.0.0.1", "::1"} {
		provokeSocket(net.ParseIP(addr))
	}
	tid := make(chan int)
	go func() { // a thread that ends: its goroutine returns without unlocking it
		runtime.LockOSThread()
		unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGWINCH) // ignored, by default
		unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&launchName[0])), 0, 0, 0)
		tid <- unix.Gettid()
	}()
	task := fmt.Sprintf("/proc/self/task/%d", <-tid)
	for range 1000 {
		if _, err := os.Stat(task); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// launchName is the self-test's thread's, which ends with it.
var launchName = [...]byte{'t', 'r', 'a', 'c', 'e', 'r', 'e', 'c', 0}

func provokeSocket(ip net.IP) {
	family := unix.AF_INET6
	var sa unix.Sockaddr
	sa6 := &unix.SockaddrInet6{}
	copy(sa6.Addr[:], ip.To16())
	sa = sa6
	discard := unix.Sockaddr(&unix.SockaddrInet6{Port: 9, Addr: sa6.Addr})
	if ip4 := ip.To4(); ip4 != nil {
		family = unix.AF_INET
		sa4 := &unix.SockaddrInet4{}
		copy(sa4.Addr[:], ip4)
		sa = sa4
		discard = &unix.SockaddrInet4{Port: 9, Addr: sa4.Addr}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	unix.Bind(fd, sa) // port 0: any
	if self, err := unix.Getsockname(fd); err == nil {
		unix.Sendto(fd, nil, 0, self)
	}
	unix.Connect(fd, discard) // a datagram socket: sends nothing
}

// launched is a launcher process under the recorder's control.
type launched struct {
	cmd     *exec.Cmd
	pidfd   int
	control *os.File
	status  *os.File
	copies  bool // the self-test is to make the calls that the kfree witness learns from
}

// memlock is the limit that the command must have: the recorder raises its own.
var memlock = func() (r unix.Rlimit) {
	unix.Getrlimit(unix.RLIMIT_MEMLOCK, &r)
	return r
}()

// launch starts a launcher that will become command, or only serve the
// self-test when command is empty. stdout is what the command has for its standard
// output.
func launch(command []string, stdout *os.File) (*launched, error) {
	controlR, controlW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	statusR, statusW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer controlR.Close()
	defer statusW.Close()
	cmd := exec.Command("/proc/self/exe", append([]string{launchArg, "wait"}, command...)...)
	cmd.Args[0] = os.Args[0]
	cmd.ExtraFiles = []*os.File{controlR, statusW}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: 0}
	if len(command) > 0 {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, os.Stderr
	}
	if err := cmd.Start(); err != nil {
		controlW.Close()
		statusR.Close()
		return nil, fmt.Errorf("start the launcher: %w", err)
	}
	unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_MEMLOCK, &memlock, nil)
	l := &launched{cmd: cmd, control: controlW, status: statusR}
	if l.pidfd, err = unix.PidfdOpen(cmd.Process.Pid, 0); err != nil {
		l.abandon()
		return nil, fmt.Errorf("pidfd_open the launcher: %w", err)
	}
	return l, nil
}

// provoke makes the launcher run the self-test once.
func (l *launched) provoke() error {
	test := byte(ctlTest)
	if l.copies {
		test = ctlCopy
	}
	if _, err := l.control.Write([]byte{test}); err != nil {
		return fmt.Errorf("self-test: %w", err)
	}
	var b [256]byte
	n, err := l.status.Read(b[:])
	if err != nil || b[0] != 'd' {
		return fmt.Errorf("self-test: the launcher said %q (%v)", b[:n], err)
	}
	return nil
}

// run lets the launcher become the command; it returns when it has, or could not.
func (l *launched) run() error {
	if _, err := l.control.Write([]byte{ctlGo}); err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	msg, _ := io.ReadAll(l.status)
	if len(msg) > 0 {
		return fmt.Errorf("run the command: %s", strings.TrimSpace(string(msg)))
	}
	return nil
}

// abandon ends a launcher that has not become a command.
func (l *launched) abandon() {
	l.control.Close()
	l.cmd.Wait()
	l.release()
}

func (l *launched) release() {
	l.control.Close()
	l.status.Close()
	if l.pidfd > 0 {
		unix.Close(l.pidfd)
	}
}
