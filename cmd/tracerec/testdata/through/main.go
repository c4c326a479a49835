// Command through makes the socket and IPC calls of an i386 program by the
// numbers that old ones used, each once: socketcall(2) and ipc(2). What each row
// must be is said by TestThrough of cmd/tracerec. Only the standard library: it is built
// with GOARCH=386 by the test.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

const (
	sysSocketcall = 102
	sysIPC        = 117
)

func main() {
	debug.SetGCPercent(-1) // addresses are given as numbers
	runtime.LockOSThread()
	server := call("socket", 1, 2, 2, 0) // AF_INET, SOCK_DGRAM
	call("bind", 2, server, addr(inet(0)), 16)
	bound, size := inet(0), uint32(16)
	call("getsockname", 6, server, addr(bound), uintptr(unsafe.Pointer(&size)))
	port := int(bound[2])<<8 | int(bound[3])
	fmt.Println("port", port)

	client := call("socket", 1, 2, 2, 0)
	call("connect", 3, client, addr(inet(port)), 16)
	call("send", 9, client, addr([]byte("a")), 1, 0)
	call("sendto", 11, client, addr([]byte("bc")), 2, 0, addr(inet(port)), 16)
	call("sendmsg", 16, client, msghdr(port), 0)
	mmsg := make([]uint32, 16)
	copy(mmsg, words(msghdr(port)))
	copy(mmsg[8:], words(msghdr(port)))
	call("sendmmsg", 20, client, uintptr(unsafe.Pointer(&mmsg[0])), 2, 0)
	buf := make([]byte, 16)
	call("recv", 10, server, addr(buf), 16, 0x40) // MSG_DONTWAIT
	from := inet(0)
	call("recvfrom", 12, server, addr(buf), 16, 0x40, addr(from), uintptr(unsafe.Pointer(&size)))
	one := uint32(1)
	call("setsockopt", 14, server, 1, 2, uintptr(unsafe.Pointer(&one)), 4)
	size = 4
	call("getsockopt", 15, server, 1, 2, uintptr(unsafe.Pointer(&one)), uintptr(unsafe.Pointer(&size)))
	size = 16
	call("getpeername", 7, client, addr(bound), uintptr(unsafe.Pointer(&size)))
	pair := make([]uint32, 2)
	call("socketpair", 8, 1, 1, 0, uintptr(unsafe.Pointer(&pair[0])))
	call("shutdown", 13, uintptr(pair[0]), 1)

	stream := call("socket", 1, 2, 1, 0)
	call("bind", 2, stream, addr(inet(0)), 16)
	call("listen", 4, stream, 3)
	call("getsockname", 6, stream, addr(bound), uintptr(unsafe.Pointer(&size)))
	fmt.Println("stream", int(bound[2])<<8|int(bound[3]))
	peer := call("socket", 1, 2, 1, 0)
	call("connect", 3, peer, addr(bound), 16)
	call("accept", 5, stream, 0, 0)
	peer = call("socket", 1, 2, 1, 0)
	call("connect", 3, peer, addr(bound), 16)
	call("accept4", 18, stream, 0, 0, 0x80000) // SOCK_CLOEXEC

	raw("none", sysSocketcall, 77, 0)   // no such call
	raw("efault", sysSocketcall, 3, 16) // no such array
	raw("taken", 960+3, 3, 0)           // a number that is none
	if len(os.Args) > 1 {               // not under strace: it would wait for the page too, and never come back
		swaps(client, port)
	}

	sem := ipc("semget", 2, 0, 1, 0o600, 0, 0)
	ops := []uint16{0, 1, 0}
	ipc("semop", 1, sem, 1, 0, uintptr(unsafe.Pointer(&ops[0])), 0)
	ipc("semctl", 3, sem, 0, 0, uintptr(unsafe.Pointer(&one)), 0) // IPC_RMID
	shm := ipc("shmget", 23, 0, 4096, 0o600, 0, 0)
	var at uint32
	ipc("shmat", 21, shm, 0, uintptr(unsafe.Pointer(&at)), 0, 0)
	ipc("shmdt", 22, 0, 0, 0, uintptr(at), 0)
	ipc("shmctl", 24, shm, 0, 0, 0, 0)
	msg := ipc("msgget", 13, 0, 0o600, 0, 0, 0)
	text := []uint32{7, 0x61626364}
	ipc("msgsnd", 11, msg, 4, 0x800, uintptr(unsafe.Pointer(&text[0])), 0) // IPC_NOWAIT
	kludge := []uint32{uint32(uintptr(unsafe.Pointer(&text[0]))), 7}
	ipc("msgrcv", 12, msg, 4, 0x800, uintptr(unsafe.Pointer(&kludge[0])), 0)
	ipc("msgctl", 14, msg, 0, 0, 0, 0)
}

// swaps makes three calls during which the kernel waits for a page that it reads:
// meanwhile this program changes what it has shown.
func swaps(fd uintptr, port int) {
	u := newFaults()
	payload := u.page()
	vec := make([]byte, 64)
	w := unsafe.Slice((*uint32)(unsafe.Pointer(&vec[0])), 16)
	second := inet(port)
	iov := []uint32{uint32(payload), 1}
	w[0], w[1], w[2], w[3] = uint32(addr(inet(port))), 16, uint32(uintptr(unsafe.Pointer(&iov[0]))), 1
	w[8], w[9], w[10], w[11] = uint32(addr(second)), 16, w[2], 1
	args := []uint32{uint32(fd), uint32(addr(vec)), 2, 0}

	// the second message's address
	u.during("swap address", 20, args, func() { copy(second, inet(9)) })
	copy(second, inet(port))
	// the array of arguments
	u.during("swap array", 20, args, func() { args[2] = 1 })
	// the array itself is what the kernel waits for
	at := unsafe.Slice((*uint32)(u.pointer), 4)
	u.fill = []uint32{uint32(fd), uint32(addr(inet(port))), 16}
	u.during("late array", 3, at, func() {})
}

// faults is a userfaultfd and a page of it.
type faults struct {
	fd      int
	pointer unsafe.Pointer
	fill    []uint32
}

func newFaults() *faults {
	const userfaultfd = 374
	fd, _, err := syscall.RawSyscall(userfaultfd, 0, 0, 0)
	check("userfaultfd", fd, err)
	mem, e := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if e != nil {
		check("mmap", 0, e.(syscall.Errno))
	}
	u := &faults{int(fd), unsafe.Pointer(&mem[0]), []uint32{0x78787878}}
	u.ioctl(0xc018aa3f, []uint64{0xaa, 0, 0})                             // UFFDIO_API
	u.ioctl(0xc020aa00, []uint64{uint64(uintptr(u.pointer)), 4096, 1, 0}) // UFFDIO_REGISTER
	return u
}

func (u *faults) page() uintptr { return uintptr(u.pointer) }

func (u *faults) ioctl(request uintptr, arg []uint64) {
	r, _, err := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(u.fd), request, uintptr(unsafe.Pointer(&arg[0])))
	check("ioctl of userfaultfd", r, err)
}

// during makes the call; change runs when the kernel has stopped at the page.
func (u *faults) during(name string, sub uintptr, args []uint32, change func()) {
	mem := unsafe.Slice((*byte)(u.pointer), 4096)
	check("madvise", 0, errno(syscall.Madvise(mem, 4))) // MADV_DONTNEED
	done := make(chan struct{})
	go func() {
		msg := make([]byte, 32)
		_, err := syscall.Read(u.fd, msg)
		check("read of userfaultfd", 0, errno(err))
		change()
		src := make([]uint32, 1024)
		copy(src, u.fill)
		u.ioctl(0xc028aa03, []uint64{uint64(uintptr(u.pointer)), uint64(uintptr(unsafe.Pointer(&src[0]))), 4096, 0, 0}) // UFFDIO_COPY
		close(done)
	}()
	_, _, err := syscall.Syscall(sysSocketcall, sub, uintptr(unsafe.Pointer(&args[0])), 0)
	<-done
	fmt.Println(name, err)
}

func errno(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	return err.(syscall.Errno)
}

func call(name string, sub uintptr, args ...uintptr) uintptr {
	a := make([]uint32, len(args))
	for i := range args {
		a[i] = uint32(args[i])
	}
	r, _, err := syscall.RawSyscall(sysSocketcall, sub, uintptr(unsafe.Pointer(&a[0])), 0)
	return check(name, r, err)
}

func ipc(name string, sub, first, second, third, ptr, fifth uintptr) uintptr {
	r, _, err := syscall.RawSyscall6(sysIPC, sub, first, second, third, ptr, fifth)
	return check(name, r, err)
}

func raw(name string, nr, a, b uintptr) {
	_, _, err := syscall.RawSyscall(nr, a, b, 0)
	fmt.Println(name, err)
}

func check(name string, r uintptr, err syscall.Errno) uintptr {
	if err != 0 {
		fmt.Println(name, err)
		os.Exit(1)
	}
	return r
}

var keep [][]byte

func addr(b []byte) uintptr {
	keep = append(keep, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

// inet is 127.0.0.1 as a struct sockaddr_in.
func inet(port int) []byte {
	return []byte{2, 0, byte(port >> 8), byte(port), 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}
}

// msghdr is a struct msghdr of one byte for port.
func msghdr(port int) uintptr {
	iov := make([]byte, 8)
	*(*uint32)(unsafe.Pointer(&iov[0])) = uint32(addr([]byte("m")))
	iov[4] = 1
	m := make([]byte, 32) // struct mmsghdr has a length behind
	w := unsafe.Slice((*uint32)(unsafe.Pointer(&m[0])), 8)
	w[0], w[1], w[2], w[3] = uint32(addr(inet(port))), 16, uint32(addr(iov)), 1
	return addr(m)
}

func words(at uintptr) []uint32 {
	return unsafe.Slice((*uint32)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), 8)
}
