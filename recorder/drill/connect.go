//go:build linux

package drill

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

var loopback = [4]byte{127, 0, 0, 1}

// inetHead is the start of a sockaddr_in for 127.0.0.1: family, port and
// address are its first eight bytes, exchanged in one store.
func inetHead(port int) string {
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
	b = binary.BigEndian.AppendUint16(b, uint16(port))
	return string(append(b, loopback[:]...))
}

// newPortSlot is a slot for a sockaddr_in with one of two ports. What is
// flipped is not its end here, so the zeros behind it are part of the page.
func newPortSlot(ports [2]int) (*slot, error) {
	return newSlot(nil, inetHead(ports[0]), inetHead(ports[1]), false)
}

const sizeofInet = unix.SizeofSockaddrInet4

func (r *run) describePorts(s *slot) error {
	s.describe(&r.truth.Setup)
	pad := make([]byte, sizeofInet-8)
	r.truth.Setup.A, r.truth.Setup.B = append(r.truth.Setup.A, pad...), append(r.truth.Setup.B, pad...)
	return r.ownThread()
}

// port is the port that a socket address has, 0 when it has none.
func port(sa unix.Sockaddr) int {
	if in, ok := sa.(*unix.SockaddrInet4); ok {
		return in.Port
	}
	return 0
}

func which(got int, ports [2]int) Attempt {
	switch got {
	case ports[0]:
		return Attempt{Got: "a"}
	case ports[1]:
		return Attempt{Got: "b"}
	}
	return Attempt{Value: fmt.Append(nil, got)}
}

// inetPair is two sockets of a type, bound to free ports of 127.0.0.1 whose
// numbers differ in the low byte only (see slot).
func inetPair(typ int) (fd, ports [2]int, err error) {
	if fd[0], ports[0], err = inetSocket(typ, 0); err != nil {
		return
	}
	for low := range 256 {
		ports[1] = ports[0]&^0xff | low
		if fd[1], _, err = inetSocket(typ, ports[1]); err == nil {
			return
		}
	}
	unix.Close(fd[0])
	return fd, ports, fmt.Errorf("no second free port near %d: %w", ports[0], err)
}

// inetSocket is a socket of a type bound to a port, 0 for any.
func inetSocket(typ, want int) (fd, bound int, err error) {
	if fd, err = unix.Socket(unix.AF_INET, typ|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, 0, fmt.Errorf("socket: %w", err)
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: loopback, Port: want}); err == nil {
		var sa unix.Sockaddr
		if sa, err = unix.Getsockname(fd); err == nil {
			return fd, port(sa), nil
		}
	}
	unix.Close(fd)
	return -1, 0, fmt.Errorf("bind to 127.0.0.1: %w", err)
}

// drain accepts and closes until the listener is shut down.
func drain(listener int) {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil && err != unix.EINTR && err != unix.ECONNABORTED {
			return
		}
		if err == nil {
			unix.Close(fd)
		}
	}
}

func shut(listener int) {
	unix.Shutdown(listener, unix.SHUT_RDWR)
	unix.Close(listener)
}

func connectFlipTCP(r *run) error { return r.connectTCP(false) }
func connectSteady(r *run) error  { return r.connectTCP(true) }

func (r *run) connectTCP(steady bool) error {
	listeners, ports, err := inetPair(unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	for _, l := range listeners {
		defer shut(l)
		// A full queue would make connect wait a second and try again.
		if err := unix.Listen(l, 4096); err != nil {
			return fmt.Errorf("listen on 127.0.0.1: %w", err)
		}
		go drain(l)
	}
	s, err := newPortSlot(ports)
	if err != nil {
		return err
	}
	defer s.free()
	if err := r.describePorts(s); err != nil {
		return err
	}
	f := startFlipper(s, steady)
	defer f.close()
	for i := 0; r.more(i, steady); i++ {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("socket: %w", err)
		}
		// Reset instead of TIME_WAIT, or a drill would leave a thousand.
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		r.connect(fd, s.ptr(), sizeofInet, func(sa unix.Sockaddr) Attempt { return which(port(sa), ports) })
		unix.Close(fd)
	}
	return nil
}

// connect makes one raw connect and notes which peer it reached.
func (r *run) connect(fd int, sa uintptr, n int, judge func(unix.Sockaddr) Attempt) {
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), sa, uintptr(n))
	if errno != 0 {
		r.truth.add(Attempt{Errno: int(errno)})
		return
	}
	peer, err := unix.Getpeername(fd)
	if err != nil {
		r.truth.add(Attempt{Value: []byte(err.Error())})
		return
	}
	r.truth.add(judge(peer))
}

// connectFlipUDP connects one socket again and again; UDP sends nothing then.
func connectFlipUDP(r *run) error {
	receivers, ports, err := inetPair(unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	defer unix.Close(receivers[0])
	defer unix.Close(receivers[1])
	s, err := newPortSlot(ports)
	if err != nil {
		return err
	}
	defer s.free()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := r.describePorts(s); err != nil {
		return err
	}
	f := startFlipper(s, false)
	defer f.close()
	for i := 0; r.more(i, false); i++ {
		r.connect(fd, s.ptr(), sizeofInet, func(sa unix.Sockaddr) Attempt { return which(port(sa), ports) })
	}
	return nil
}

// bindFlip binds sockets to ports that were free a moment before. A port that
// somebody else took meanwhile is a failed attempt.
func bindFlip(r *run) error {
	holders, ports, err := inetPair(unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	unix.Close(holders[0])
	unix.Close(holders[1])
	s, err := newPortSlot(ports)
	if err != nil {
		return err
	}
	defer s.free()
	if err := r.describePorts(s); err != nil {
		return err
	}
	f := startFlipper(s, false)
	defer f.close()
	for i := 0; r.more(i, false); i++ {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), s.ptr(), sizeofInet)
		if errno != 0 {
			r.truth.add(Attempt{Errno: int(errno)})
		} else if sa, err := unix.Getsockname(fd); err != nil {
			return err
		} else {
			r.truth.add(which(port(sa), ports))
		}
		unix.Close(fd)
	}
	return nil
}

// newUnixSlot is a sockaddr_un of names in the work directory, which becomes
// the working directory: a relative name fits however long that is. The
// address ends with the name, without NUL, as addrlen allows.
func (r *run) newUnixSlot(a, b string) (*slot, error) {
	if err := os.Chdir(r.dir); err != nil {
		return nil, err
	}
	head := binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX)
	return newSlot(append(head, "./"...), a, b, false)
}

func unixName(sa []byte) string { return string(sa[2:]) }

// listenUnix listens on the name of a sockaddr_un.
func listenUnix(sa []byte, backlog int) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	name := unixName(sa)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: name}); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("bind unix %s: %w", name, err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("listen unix %s: %w", name, err)
	}
	return fd, nil
}

func unixJudge(s *slot) func(unix.Sockaddr) Attempt {
	a, b := unixName(s.value(s.a)), unixName(s.value(s.b))
	return func(sa unix.Sockaddr) Attempt {
		un, _ := sa.(*unix.SockaddrUnix)
		switch {
		case un != nil && un.Name == a:
			return Attempt{Got: "a"}
		case un != nil && un.Name == b:
			return Attempt{Got: "b"}
		}
		return Attempt{Value: fmt.Append(nil, sa)}
	}
}

func connectFlipUnix(r *run) error {
	s, err := r.newUnixSlot("socket-a", "socket-b")
	if err != nil {
		return err
	}
	defer s.free()
	for _, word := range []uint64{s.a, s.b} {
		l, err := listenUnix(s.value(word), 4096)
		if err != nil {
			return err
		}
		defer shut(l)
		go drain(l)
	}
	s.describe(&r.truth.Setup)
	if err := r.ownThread(); err != nil {
		return err
	}
	f := startFlipper(s, false)
	defer f.close()
	judge := unixJudge(s)
	for i := 0; r.more(i, false); i++ {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		r.connect(fd, s.ptr(), s.n, judge)
		unix.Close(fd)
	}
	return nil
}
