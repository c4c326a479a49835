package replay

import (
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// Mount is a mount of a namespace. Paths are from the namespace's root.
type Mount struct {
	At      int64  // when it was made, 0: it was there before
	By      uint32 // pid
	ID      uint32 // of the kernel, 0 when not known
	Parent  uint32 // id of the mount that it is in, 0 when not known
	Point   string
	Source  string
	Type    string
	Options string // at the beginning
	Super   string // options of its file system, at the beginning
	// Propagation is "shared:N" and the like, "" for private.
	Propagation string
	Root        string // what of the file system is mounted, "" when not known
	Flags       uint64 // of mount(2)
	Dev         uint32
}

// Mounts are those of one mount namespace, oldest first: where two have one
// point, the later one hides the earlier. Propagation between namespaces is
// not followed.
type Mounts struct {
	Namespace uint32 // inode number
	Whole     bool   // those of the beginning are known
	List      []Mount
}

// maxMounts bounds what a namespace remembers: fs.mount-max is 100000.
const maxMounts = 100000

// mountsOf are those of a namespace, made when it has none.
func (s *State) mountsOf(ns uint32) *Mounts {
	m := s.mounts[ns]
	if m == nil {
		m = &Mounts{Namespace: ns}
		s.mounts[ns] = m
	}
	return m
}

// MountsOf are those of the namespace, nil when nothing is known of it.
func (s *State) MountsOf(ns uint32) *Mounts { return s.mounts[ns] }

// Flags of mount(2): linux/mount.h.
const (
	msRemount = 32
	msBind    = 4096
	msMove    = 8192
	msPrivate = 1<<17 | 1<<18 | 1<<19 | 1<<20 // unbindable, private, slave, shared
)

// On is the mount that a path is on, nil when not known.
func (m *Mounts) On(path string) *Mount {
	best := -1
	for i := range m.List {
		p := m.List[i].Point
		if p != "/" && p != path && !strings.HasPrefix(path, p+"/") {
			continue
		}
		if best < 0 || len(p) >= len(m.List[best].Point) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return &m.List[best]
}

func (m *Mounts) add(mount Mount) {
	if len(m.List) < maxMounts {
		m.List = append(m.List, mount)
	}
}

// mountCall is a call that changes the mounts of its task's namespace.
func (s *State) mountCall(c *call) {
	m := s.mountsOf(c.b.U32[format.ColMntNS][c.i])
	switch c.e.Op {
	case opMount:
		s.mount(c, m)
	case opUmount:
		at := s.resolve(c, 0)
		for i, mount := range slices.Backward(m.List) {
			if mount.Point == at {
				m.List = slices.Delete(m.List, i, i+1)
				break
			}
		}
		const detach = 2 // MNT_DETACH takes what is below along
		if len(c.e.row.Args) > 1 && c.arg(1)&detach != 0 {
			m.List = slices.DeleteFunc(m.List, func(x Mount) bool { return strings.HasPrefix(x.Point, at+"/") })
		}
	case opMoveMount:
		to := s.resolve(c, 1)
		if to == "" {
			return
		}
		if from := s.resolve(c, 0); from != "" && len(c.view(0)) > 0 {
			if s.moveMounts(m, from, to) {
				return
			}
		}
		m.add(Mount{At: c.at, By: c.t.Process.PID, Point: to})
	case opPivot:
		newRoot, oldRoot := s.resolve(c, 0), s.resolve(c, 1)
		if newRoot == "" || oldRoot == "" {
			m.Whole = false
			return
		}
		for i := range m.List {
			switch p := &m.List[i].Point; {
			case *p == newRoot:
				*p = "/"
			case strings.HasPrefix(*p, newRoot+"/"):
				*p = (*p)[len(newRoot):]
			default:
				under := strings.TrimPrefix(oldRoot, newRoot)
				if under == "" {
					under = "/"
				}
				*p = strings.TrimSuffix(under, "/") + *p
				if len(*p) > 1 {
					*p = strings.TrimSuffix(*p, "/")
				}
			}
		}
	}
}

func (s *State) mount(c *call, m *Mounts) {
	at, flags := s.resolve(c, 0), c.arg(3)
	if at == "" {
		m.Whole = false
		return
	}
	source := string(c.view(1))
	switch {
	case flags&msRemount != 0:
		for i := range slices.Backward(m.List) {
			if m.List[i].Point == at {
				m.List[i].Flags = flags &^ msRemount
				return
			}
		}
	case flags&msMove != 0:
		if s.moveMounts(m, s.Lookup(c.t, -100, source), at) {
			return
		}
	case flags&msPrivate != 0:
		return // how it propagates is not kept
	}
	mount := Mount{At: c.at, By: c.t.Process.PID, Point: at, Source: source, Type: string(c.view(2)), Flags: flags}
	if flags&msBind != 0 {
		mount.Source = s.Lookup(c.t, -100, source)
		if on := m.On(mount.Source); on != nil {
			mount.Type, mount.Dev = on.Type, on.Dev
		}
	}
	m.add(mount)
}

// moveMounts moves the last mount at from, and all below it.
func (s *State) moveMounts(m *Mounts, from, to string) bool {
	at := -1
	for i := range m.List {
		if m.List[i].Point == from {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	m.List[at].Point = to
	for i := range m.List {
		if p := &m.List[i].Point; strings.HasPrefix(*p, from+"/") {
			*p = to + (*p)[len(from):]
		}
	}
	return true
}

// copyMounts gives a new namespace what the one has that it was made from.
func (s *State) copyMounts(from, to uint32) {
	if m := s.mounts[from]; m != nil && s.mounts[to] == nil && from != to {
		s.mounts[to] = &Mounts{Namespace: to, Whole: m.Whole, List: slices.Clone(m.List)}
	}
}
