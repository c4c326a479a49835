package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The main goroutine of a tree stays on the leader: init runs there, main may have moved.
func init() {
	if len(os.Args) > 2 && os.Args[1] == subjectVerb && os.Args[2] == "tree" {
		runtime.LockOSThread()
	}
}

// subjectVerb makes the test binary one of the programs that the tests record:
//
//	__subject getppid N            call getppid N times on one thread
//	__subject storm N DIR          the same with some opens of files in DIR between
//	__subject busy SECONDS PIDFILE call getppid and open files, until killed or time is up
//	__subject tree DIR             a process, a thread and a child that open what stdin names
//	__subject leaf DIR             the child
//	__subject scene DIR            what programs do, with what /proc shows of it: replay_subject_linux_test.go
//	__subject shutdown DIR         shut down the ext4 file system at DIR, as if its disk had gone
//	__subject wait                 ready, then until stdin ends
const subjectVerb = "__subject"

func subject() {
	if len(os.Args) < 3 || os.Args[1] != subjectVerb {
		return
	}
	args := os.Args[3:]
	switch os.Args[2] {
	case "getppid":
		getppid(number(args[0]))
	case "storm":
		storm(number(args[0]), args[1])
	case "busy":
		busy(number(args[0]), args[1])
	case "tree":
		tree(args[0])
	case "leaf":
		follow(func(name string) { touch(args[0] + "/" + name + "-child") })
	case "scene":
		play(args[0])
	case "actor":
		act(args[0])
	case "pause":
		for range 500 { // a call now and then, which shows who its parent is
			os.Getppid()
			time.Sleep(20 * time.Millisecond)
		}
	case "shutdown":
		shutdown(args[0])
	case "wait":
		fmt.Println("ready")
		bufio.NewReader(os.Stdin).ReadString(0)
	default:
		panic(os.Args[2])
	}
	os.Exit(0)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func getppid(n int) {
	runtime.LockOSThread()
	for range n {
		unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
	}
}

// shutdown is EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h).
func shutdown(dir string) {
	d, err := os.Open(dir)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(d.Fd()), 0x8004587d, 2)
	}
	if err != nil {
		panic(err)
	}
}

// stormOpens is how many files a storm opens. They are so few that their
// records fit a ring of 64 KiB even if nobody reads it.
const stormOpens = 40

func storm(n int, dir string) {
	runtime.LockOSThread()
	for i := range stormOpens {
		for range n / stormOpens {
			unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
		}
		touch(fmt.Sprintf("%s/storm-%d", dir, i))
	}
	// When the threads end, their last calls find room in the rings: how many
	// calls each made is then in the trace.
	time.Sleep(300 * time.Millisecond)
}

func busy(seconds int, pidfile string) {
	os.WriteFile(pidfile+".tmp", []byte(strconv.Itoa(os.Getpid())), 0o600)
	os.Rename(pidfile+".tmp", pidfile)
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); {
		getppid(200)
		touch(pidfile)
	}
}

// touch opens a name, whether or not it is there.
func touch(name string) {
	if fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
		unix.Close(fd)
	}
}

// follow calls f for every line of standard input and answers it.
func follow(f func(line string)) {
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		f(lines.Text())
		fmt.Println("done")
	}
}

// tree is a process with a second thread and a child, all there before anybody
// records them. Each line of standard input is a name; the main thread opens
// NAME-leader, the other NAME-thread, the child NAME-child, and a new child
// NAME-born.
func tree(dir string) {
	work, back := make(chan string), make(chan bool)
	go func() {
		runtime.LockOSThread()
		for name := range work {
			touch(dir + "/" + name + "-thread")
			back <- true
		}
	}()
	child := exec.Command("/proc/self/exe", subjectVerb, "leaf", dir)
	in, err := child.StdinPipe()
	if err != nil {
		panic(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := child.Start(); err != nil {
		panic(err)
	}
	answers := bufio.NewReader(out)
	answer := func(want string) {
		if line, err := answers.ReadString('\n'); err != nil || strings.TrimSpace(line) != want {
			panic(fmt.Sprint("child: ", line, err))
		}
	}
	answer("ready")
	follow(func(name string) {
		touch(dir + "/" + name + "-leader")
		work <- name
		<-back
		fmt.Fprintln(in, name)
		answer("done")
		exec.Command("cat", dir+"/"+name+"-born").Run()
	})
	in.Close()
	child.Wait()
}

// asUser starts a process as a user with capabilities, and no more.
func asUser(uid int, caps []uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}, AmbientCaps: caps}
}
