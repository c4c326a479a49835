//go:build linux

package drill

import (
	"encoding/binary"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sizeofMmsghdr is the size of struct mmsghdr on 64-bit machines.
const sizeofMmsghdr = unix.SizeofMsghdr + 8

// sendmmsgSwap sends two datagrams with one call. The first one's payload is
// on a missing page; while the kernel waits for it, the address of the second,
// which it has not copied yet, is swapped.
func sendmmsgSwap(r *run) error {
	receivers, ports, err := inetPair(unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	defer unix.Close(receivers[0])
	defer unix.Close(receivers[1])
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	s, err := newPortSlot(ports)
	if err != nil {
		return err
	}
	defer s.free()
	u, err := newUffd()
	if err != nil {
		return err
	}
	defer u.close()
	// All that the kernel follows stands in memory that the runtime does not move.
	mem, err := newArena()
	if err != nil {
		return err
	}
	defer mem.free()
	first := mem.str(inetHead(ports[0]) + string(make([]byte, sizeofInet-8)))
	payload := [2]uintptr{u.ptr(), mem.str("2")}
	const one, all = uintptr(sizeofMmsghdr), uintptr(2 * sizeofMmsghdr)
	place, err := unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("map a page: %w", err)
	}
	defer unix.Munmap(place)
	base := unsafe.Pointer(unsafe.SliceData(place))
	for i, name := range []uintptr{first, s.ptr()} {
		iov := (*[2]uintptr)(unsafe.Add(base, all+uintptr(i)*16))
		*iov = [2]uintptr{payload[i], 1}
		h := (*[7]uintptr)(unsafe.Add(base, uintptr(i)*one)) // name, namelen, iov, iovlen, control, controllen, flags
		*h = [7]uintptr{name, sizeofInet, uintptr(unsafe.Pointer(iov)), 1}
	}

	t := &r.truth.Setup
	if err := r.describePorts(s); err != nil {
		return err
	}
	head := append(binary.LittleEndian.AppendUint16(nil, sizeofInet), t.A...)
	t.A, t.B = message(head, t.A), message(head, t.B)
	t.Buffer = uint64(uintptr(base))
	for range r.n {
		s.setA()
		u.fill([]byte("1"))
		var sent uintptr
		var errno unix.Errno
		err := u.during(func() { sent, _, errno = unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(base), 2, 0, 0, 0) }, s.setB)
		if err != nil {
			return err
		}
		if errno != 0 || sent != 2 {
			return fmt.Errorf("sendmmsg sent %d of 2 messages: %w", sent, errno)
		}
		got, err := whereIs('2', receivers)
		if err != nil {
			return err
		}
		r.truth.add(Attempt{Got: got})
	}
	return nil
}

// message appends a message's address to those before it, as KindMsgNames has them.
func message(before, addr []byte) []byte {
	out := append([]byte{}, before...)
	return append(binary.LittleEndian.AppendUint16(out, uint16(len(addr))), addr...)
}

// whereIs takes datagrams out of both sockets until one has that payload, and says where
// it was. The call has returned, but what delivers on the loopback (ksoftirqd, on a
// busy machine) may come later.
func whereIs(payload byte, receivers [2]int) (got string, err error) {
	fds := make([]unix.PollFd, len(receivers))
	for deadline := time.Now().Add(arrivalPatience); time.Now().Before(deadline); {
		for i, fd := range receivers {
			fds[i] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		}
		if _, err := unix.Poll(fds, 100); err != nil && err != unix.EINTR {
			return "", fmt.Errorf("wait for a message: %w", err)
		}
		for i, fd := range receivers {
			for {
				var b [8]byte
				n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_DONTWAIT)
				if err == unix.EAGAIN || err == unix.EINTR {
					break
				}
				if err != nil {
					return "", fmt.Errorf("receive: %w", err)
				}
				if n == 1 && b[0] == payload {
					return string("ab"[i]), nil
				}
			}
		}
	}
	return "", fmt.Errorf("the second message arrived nowhere")
}

// arrivalPatience is how long a message may take on the loopback.
const arrivalPatience = 20 * time.Second
