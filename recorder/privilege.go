//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/recorder/confine"
)

// Privileges say what the recorder keeps once everything is attached. The zero
// value: as little as can be.
type Privileges struct {
	Keep bool   // give up nothing
	User string // become this user; "" for a choice by what is still to be opened
}

// nobody is the overflow uid: it owns no files.
const nobody = 65534

// bound looks what has to be kept, and leaves out of what an execve may give what has not.
// That stops all threads for a while, in which nothing is read: so it is before anything is
// recorded, and behind the last process that is to have capabilities.
func (s *session) bound() {
	if s.opt.Privileges.Keep {
		return
	}
	s.keep = s.kernel.capsWhileReading()
	confine.Bounding(s.keep)
}

// drop gives up what reading rings and writing to open files does not need: a
// user of its own, no capabilities, no way to get any back by an execve, and a
// seccomp filter that knows only the syscalls that are still made.
func (s *session) drop() error {
	p := s.opt.Privileges
	if p.Keep {
		return nil
	}
	uid, gid, err := s.becomes()
	if err != nil {
		return err
	}
	keep := s.keep
	if !confine.EveryThread {
		return s.dropByUser(uid, gid, keep)
	}
	if os.Geteuid() == 0 && uid != 0 {
		if err := confine.User(uid, gid, keep); err != nil {
			return err
		}
	}
	if err := confine.Caps(keep); err != nil {
		return fmt.Errorf("give up capabilities: %w", err)
	}
	if err := confine.NoNewPrivs(); err != nil {
		return err
	}
	if uid == 0 && confine.Landlock() > 0 {
		if err := s.confineFiles(); err != nil {
			s.opt.Log.Warn("the recorder may change files outside of its directories", "error", err)
		}
	}
	if err := confine.Syscalls(); err != nil {
		s.opt.Log.Warn("the recorder goes on without a seccomp filter", "error", err)
	}
	s.opt.Log.Info("privileges given up", "uid", uid, "capabilities kept", bits.OnesCount64(keep))
	return nil
}

// becomes is who the recorder is from now on: the one asked for; the owner of
// the directory where files are to be made, or may be, on request; nobody. The
// owner can be root, who without capabilities still may write root's files:
// where it is not certain that more files will be made, only if Landlock keeps
// it to the directory.
func (s *session) becomes() (uid, gid int, err error) {
	if name := s.opt.Privileges.User; name != "" {
		return userOf(name)
	}
	if os.Geteuid() != 0 {
		return os.Geteuid(), os.Getegid(), nil
	}
	uid, gid = nobody, nobody
	certain := s.opt.Rotation.rotates() || s.opt.Flight.on()
	if st, ok := s.out.owner(); ok && (certain || st.Uid != 0 || confine.EveryThread && confine.Landlock() > 0) {
		uid, gid = int(st.Uid), int(st.Gid)
	} else if certain {
		uid, gid = 0, 0
	}
	return uid, gid, nil
}

// userOf is who --user names.
func userOf(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return 0, 0, fmt.Errorf("--user %s: no such user", name)
		}
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	if os.Geteuid() != 0 && uid != os.Geteuid() {
		return 0, 0, fmt.Errorf("--user %s: only root can become another user", name)
	}
	return uid, gid, nil
}

// ownerOf is who owns a directory.
func ownerOf(dir *os.Root) (st unix.Stat_t, ok bool) {
	if dir == nil {
		return st, false
	}
	d, err := dir.Open(".")
	if err != nil {
		return st, false
	}
	defer d.Close()
	return st, unix.Fstat(int(d.Fd()), &st) == nil
}

// capsWhileReading is what reading maps and running iterators needs. From 5.19
// on nothing: bpf(2) without CAP_BPF is then refused for new programs and maps
// alone. Tried, not looked up: distributions carry it back.
func (k *kernel) capsWhileReading() (keep uint64) {
	done := make(chan bool)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine, but may still be there when all are made to give up more
		defer close(done)
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if unix.Capget(&hdr, &data[0]) != nil {
			return
		}
		before := data
		defer unix.Capset(&hdr, &before[0])
		for i := range data {
			data[i].Effective = 0
		}
		if unix.Capset(&hdr, &data[0]) != nil {
			return
		}
		if err := k.tryRead(); errors.Is(err, unix.EPERM) {
			keep = 1 << unix.CAP_BPF
		}
	}()
	<-done
	return keep
}

// tryRead does what is done while a recording runs and at its end.
func (k *kernel) tryRead() error {
	var counts []laneCount
	if err := k.maps["lanes"].Lookup(uint32(0), &counts); err != nil {
		return err
	}
	for _, l := range k.loads {
		if l.program == nil {
			continue
		}
		if _, err := l.program.Stats(); err != nil {
			return err
		}
		break
	}
	it := k.iters["iter_flush"]
	if it == nil {
		return nil
	}
	r, err := it.Open() // is not read: nothing runs
	if err != nil {
		return err
	}
	return r.Close()
}

// confineFiles lets every thread change files only where the recording makes them.
func (s *session) confineFiles() error {
	var dirs []string
	for _, d := range s.out.dirs() {
		f, err := d.Open(".")
		if err != nil {
			return err
		}
		defer f.Close()
		dirs = append(dirs, fmt.Sprintf("/proc/self/fd/%d", f.Fd())) // wherever it is by now
	}
	// Sockets are removed at the end.
	if s.opt.Control != "" {
		dirs = append(dirs, filepath.Dir(s.opt.Control))
	}
	if path, ok := strings.CutPrefix(s.opt.Metrics, "unix:"); ok {
		dirs = append(dirs, filepath.Dir(path))
	}
	return confine.Files(dirs)
}

// rootsOf are those of roots that are there.
func rootsOf(roots ...*os.Root) (there []*os.Root) {
	for _, r := range roots {
		if r != nil {
			there = append(there, r)
		}
	}
	return there
}

// dropByUser is drop for a binary with cgo: another user than root has no
// capabilities, and the filter is for all threads.
func (s *session) dropByUser(uid, gid int, keep uint64) error {
	if os.Geteuid() == 0 && uid != 0 && keep == 0 {
		if err := confine.User(uid, gid, 0); err != nil {
			return err
		}
	} else {
		s.opt.Log.Warn("capabilities are kept: this binary was built with cgo; build it with CGO_ENABLED=0")
	}
	if err := confine.Syscalls(); err != nil {
		s.opt.Log.Warn("the recorder goes on without a seccomp filter", "error", err)
	}
	return nil
}
