package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// moment is what /proc said of the processes of a scene, and when: nothing
// happened in any of them between the two times but the reading itself.
type moment struct {
	Name       string
	Begin, End int64 // CLOCK_BOOTTIME
	Processes  []procFacts
}

type procFacts struct {
	PID, PPID uint32
	Threads   int
	UID, EUID uint32
	Exe       string
	Cwd       string
	Root      string
	Comm      string
	FDs       map[int32]string // what /proc/PID/fd/N points to
	Cloexec   map[int32]bool
	Mounts    []string // points below the scene's directory
}

func boottime() int64 {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return ts.Nano()
}

// scene is a program that does what programs do, and says what /proc shows
// of it and its children at some moments.
type scene struct {
	dir      string
	out      *json.Encoder
	children map[string]*exec.Cmd
	stdin    map[string]io.WriteCloser
	answers  map[string]*bufio.Reader
}

func (s *scene) must(err error) {
	if err != nil {
		_, _, line, _ := runtime.Caller(1)
		fmt.Fprintf(os.Stderr, "scene: line %d: %v\n", line, err)
		os.Exit(1)
	}
}

// look takes a moment: the process itself and all its descendants.
func (s *scene) look(name string) {
	time.Sleep(20 * time.Millisecond) // threads of the runtime come to rest
	m := moment{Name: name, Begin: boottime()}
	for _, pid := range descendants(os.Getpid()) {
		if f, ok := facts(pid, s.dir); ok {
			m.Processes = append(m.Processes, f)
		}
	}
	m.End = boottime()
	s.must(s.out.Encode(m))
}

// descendants are pid and what came of it, by /proc/PID/task/*/children.
func descendants(pid int) (all []int) {
	all = append(all, pid)
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, word := range strings.Fields(string(text)) {
			child, _ := strconv.Atoi(word)
			all = append(all, descendants(child)...)
		}
	}
	return all
}

func facts(pid int, dir string) (f procFacts, ok bool) {
	at := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(at + "status")
	if err != nil {
		return f, false
	}
	f.PID = uint32(pid)
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		switch key {
		case "Name":
			f.Comm = value
		case "PPid":
			fmt.Sscan(value, &f.PPID)
		case "Threads":
			fmt.Sscan(value, &f.Threads)
		case "Uid":
			fmt.Sscan(value, &f.UID, &f.EUID)
		case "State":
			if strings.HasPrefix(value, "Z") {
				return f, false
			}
		}
	}
	f.Exe, _ = os.Readlink(at + "exe")
	f.Cwd, _ = os.Readlink(at + "cwd")
	f.Root, _ = os.Readlink(at + "root")
	f.FDs, f.Cloexec = map[int32]string{}, map[int32]bool{}
	list, _ := os.ReadDir(at + "fd")
	for _, e := range list {
		to, err := os.Readlink(at + "fd/" + e.Name())
		if err != nil || strings.HasPrefix(to, "/proc/") {
			continue // that by which this is read
		}
		fd, _ := strconv.Atoi(e.Name())
		info, err := os.ReadFile(at + "fdinfo/" + e.Name())
		if err != nil {
			continue
		}
		f.FDs[int32(fd)] = to
		for line := range strings.Lines(string(info)) {
			if flags, found := strings.CutPrefix(line, "flags:\t"); found {
				n, _ := strconv.ParseUint(strings.TrimSpace(flags), 8, 64)
				f.Cloexec[int32(fd)] = n&unix.O_CLOEXEC != 0
			}
		}
	}
	mounts, _ := os.ReadFile(at + "mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if words := strings.Fields(line); len(words) > 4 && strings.HasPrefix(words[4], dir) {
			f.Mounts = append(f.Mounts, words[4])
		}
	}
	return f, true
}

// start begins a child that obeys: see actor. It is there when it has answered.
func (s *scene) start(name string, attr *syscall.SysProcAttr, extra ...*os.File) {
	cmd := exec.Command("/proc/self/exe", subjectVerb, "actor", s.dir)
	cmd.Stderr, cmd.SysProcAttr, cmd.ExtraFiles = os.Stderr, attr, extra
	in, err := cmd.StdinPipe()
	s.must(err)
	out, err := cmd.StdoutPipe()
	s.must(err)
	s.must(cmd.Start())
	s.children[name], s.stdin[name], s.answers[name] = cmd, in, bufio.NewReader(out)
	s.answer(name)
}

func (s *scene) answer(name string) string {
	line, err := s.answers[name].ReadString('\n')
	s.must(err)
	return strings.TrimSpace(line)
}

func (s *scene) tell(name, order string) string {
	fmt.Fprintln(s.stdin[name], order)
	return s.answer(name)
}

func (s *scene) end(name string) {
	s.stdin[name].Close()
	s.children[name].Wait()
}

func play(dir string) {
	f, err := os.Create(filepath.Join(dir, "moments.jsonl"))
	if err != nil {
		panic(err)
	}
	unix.CloseOnExec(int(f.Fd()))
	s := &scene{dir: dir, out: json.NewEncoder(f), children: map[string]*exec.Cmd{}, stdin: map[string]io.WriteCloser{}, answers: map[string]*bufio.Reader{}}
	s.look("begin")

	// Descriptors of every kind.
	file := filepath.Join(dir, "data")
	a, err := unix.Open(file, unix.O_CREAT|unix.O_RDWR, 0o600)
	s.must(err)
	b, err := unix.Dup(a)
	s.must(err)
	s.must(unix.Dup3(b, 40, unix.O_CLOEXEC))
	s.must(unix.Dup2(b, 41))
	_, err = unix.FcntlInt(uintptr(a), unix.F_DUPFD_CLOEXEC, 1500)
	s.must(err)
	s.must(unix.Close(b))
	_, err = unix.Eventfd(0, unix.EFD_CLOEXEC)
	s.must(err)
	_, err = unix.EpollCreate1(0)
	s.must(err)
	_, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	s.must(err)
	_, err = unix.Signalfd(-1, &unix.Sigset_t{}, 0)
	s.must(err)
	_, err = unix.MemfdCreate("scene", unix.MFD_CLOEXEC)
	s.must(err)
	_, err = unix.InotifyInit1(0)
	s.must(err)
	_, err = unix.PidfdOpen(os.Getpid(), 0)
	s.must(err)
	s.look("descriptors")

	_, err = unix.FcntlInt(41, unix.F_SETFD, unix.FD_CLOEXEC)
	s.must(err)
	s.must(unix.Close(40))
	var pipe [2]int
	s.must(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	s.must(err)
	s.look("pairs")
	s.must(unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(a, pipe[0]), nil, 0))
	control := make([]byte, 256)
	_, _, _, _, err = unix.Recvmsg(pair[1], make([]byte, 1), control, unix.MSG_CMSG_CLOEXEC)
	s.must(err)
	s.look("descriptors received")

	// Sockets.
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	s.must(err)
	c, err := net.Dial("tcp4", l.Addr().String())
	s.must(err)
	d, err := l.Accept()
	s.must(err)
	c.Write([]byte("hello"))
	io.ReadFull(d, make([]byte, 5))
	ul, err := net.Listen("unix", filepath.Join(dir, "sock"))
	s.must(err)
	s.look("sockets")
	c.Close()
	d.Close()
	s.look("sockets closed")

	// Directories and names.
	s.must(os.MkdirAll(filepath.Join(dir, "one", "two"), 0o700))
	deep, err := os.Create(filepath.Join(dir, "one", "two", "deep"))
	s.must(err)
	gone, err := os.Create(filepath.Join(dir, "gone"))
	s.must(err)
	s.must(os.Chdir(filepath.Join(dir, "one", "two")))
	s.look("chdir")
	s.must(os.Rename(filepath.Join(dir, "one"), filepath.Join(dir, "renamed")))
	s.must(os.Remove(gone.Name()))
	s.look("renamed")
	up, err := unix.Open("..", unix.O_PATH|unix.O_DIRECTORY, 0)
	s.must(err)
	s.must(unix.Fchdir(up))
	s.look("fchdir")

	// Children: made by vfork, with descriptors of their own.
	s.start("one", nil, deep)
	s.look("child")
	s.tell("one", "open "+file)
	s.tell("one", "chdir /")
	s.tell("one", "dup2 3 77")
	s.look("child at work")
	s.tell("one", "close_range 70 80")
	s.tell("one", "threads 5")
	s.look("child with threads")
	s.tell("one", "exec")
	s.look("child after exec of a thread")
	s.tell("one", "cloexec")
	s.tell("one", "exec")
	s.look("child after exec with cloexec")

	s.start("ids", nil)
	s.tell("ids", "setuid 12345")
	s.look("other ids")
	s.end("ids")
	s.look("child gone")

	// A child of the child that outlives it, in a session of its own.
	s.start("parent", nil)
	s.tell("parent", "daemon")
	s.look("grandchild")
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	s.end("parent")
	time.Sleep(100 * time.Millisecond) // the orphan goes on, which shows who its parent is
	s.look("orphan")

	// Namespaces, mounts, another root.
	s.start("apart", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID})
	s.look("namespaces")
	s.must(os.MkdirAll(filepath.Join(dir, "tree", "inner"), 0o755))
	s.tell("apart", "mount "+filepath.Join(dir, "tree"))
	s.look("mount")
	s.tell("apart", "bind "+filepath.Join(dir, "renamed")+" "+filepath.Join(dir, "tree"))
	s.look("bind")
	s.tell("apart", "umount "+filepath.Join(dir, "tree"))
	s.look("umount")
	s.tell("apart", "fork")
	s.look("child in a namespace")
	s.tell("apart", "chroot "+filepath.Join(dir, "renamed"))
	s.look("chroot")
	s.end("apart")
	s.children["one"].Process.Kill()
	s.children["one"].Wait()
	s.look("killed")
	unix.CloseRange(uint(pipe[0]), uint(pipe[1]), 0)
	unix.Close(pair[0])
	ul.Close()
	s.look("end")
	f.Close()
	// Open until here: the collector would close one while a moment is looked at.
	runtime.KeepAlive([]any{l, gone, deep})
}

// act is a child of a scene: it obeys standard input, and answers.
func act(dir string) {
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if err := order(words); err != nil {
			fmt.Fprintf(os.Stderr, "actor: %s: %v\n", lines.Text(), err)
			os.Exit(1)
		}
		fmt.Println("done")
	}
}

func order(words []string) error {
	switch words[0] {
	case "open":
		_, err := unix.Open(words[1], unix.O_RDONLY, 0)
		return err
	case "chdir":
		return os.Chdir(words[1])
	case "dup2":
		return unix.Dup2(number(words[1]), number(words[2]))
	case "close_range":
		return unix.CloseRange(uint(number(words[1])), uint(number(words[2])), 0)
	case "cloexec":
		return unix.CloseRange(3, 1<<30, unix.CLOSE_RANGE_CLOEXEC)
	case "threads":
		for range number(words[1]) {
			go func() {
				runtime.LockOSThread()
				select {}
			}()
		}
		time.Sleep(20 * time.Millisecond)
	case "exec": // by another thread than the leader; the next program answers
		failed := make(chan error)
		go func() {
			runtime.LockOSThread()
			failed <- syscall.Exec("/proc/self/exe", os.Args, os.Environ())
		}()
		return <-failed
	case "setuid":
		return syscall.Setuid(number(words[1]))
	case "daemon", "fork":
		cmd := exec.Command("/proc/self/exe", subjectVerb, "pause", "")
		if words[0] == "daemon" {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		time.Sleep(30 * time.Millisecond)
	case "mount":
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		return unix.Mount("scene", words[1], "tmpfs", 0, "")
	case "bind":
		return unix.Mount(words[1], words[2], "", unix.MS_BIND, "")
	case "umount":
		return unix.Unmount(words[1], 0)
	case "chroot":
		if err := unix.Chroot(words[1]); err != nil {
			return err
		}
		return os.Chdir("/")
	}
	return nil
}
