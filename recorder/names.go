//go:build linux

package recorder

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/cgname"
)

// names adds to the rows of processes what only this host knows: the names of
// users and groups, whose cgroup it is, and the mounts of a namespace, each
// when it is first seen.
type names struct {
	users, groups map[uint32]bool
	mntns         map[uint32]bool
	mounts        uint64 // rows written
	missing       map[string]bool

	userOf, groupOf func(id uint32) string
	mountsOf        func(pid uint32) ([]mount, error)  // nil: not wanted
	fdsOf           func(pid uint32) ([]openFD, error) // nil: the kernel's iterator tells
	fds             uint64
}

func newNames() *names {
	users, groups := readDB("/etc/passwd"), readDB("/etc/group") // now: it has the privileges still
	return &names{
		users: map[uint32]bool{}, groups: map[uint32]bool{}, mntns: map[uint32]bool{}, missing: map[string]bool{},
		userOf: func(id uint32) string { return users[id] }, groupOf: func(id uint32) string { return groups[id] }, mountsOf: readMounts,
	}
}

func userName(id uint32) string { return readDB("/etc/passwd")[id] }

// readDB reads names by id, passwd(5) and group(5). The files themselves, so
// that no library of the host runs in the recorder; what only NSS knows has no name.
func readDB(path string) map[uint32]string {
	names := map[uint32]string{}
	text, err := os.ReadFile(path)
	if err != nil {
		return names
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 3 {
			continue
		}
		if id, err := strconv.ParseUint(f[2], 10, 32); err == nil && names[uint32(id)] == "" {
			names[uint32(id)] = f[0]
		}
	}
	return names
}

// task follows the task row i of b by what it is the first with.
func (n *names) task(b *format.Batch, i int) {
	ns := b.U32[format.ColMntNS][i]
	if n.fdsOf != nil && b.U32[format.ColTID][i] == b.U32[format.ColTGID][i] {
		n.addFDs(b, i)
	}
	if !n.mntns[ns] && n.mountsOf != nil {
		n.mntns[ns] = true
		n.addMounts(b, i)
	}
	n.ids(b, i)
}

// ids follows row i by the names of the users and groups in it.
func (n *names) ids(b *format.Batch, i int) {
	users, groups := []uint32{b.U32[format.ColUID][i]}, []uint32{b.U32[format.ColGID][i]}
	le := binary.LittleEndian
	switch format.EventID(b.U16[format.ColEvent][i]) {
	case format.EventCred:
		if v := b.Value(format.ColBKernel, i); len(v) == 32 {
			for k := range 4 {
				users = append(users, le.Uint32(v[4*k:]))
				groups = append(groups, le.Uint32(v[16+4*k:]))
			}
		}
	case format.EventGroups:
		for v := b.Value(format.ColAKernel, i); len(v) >= 4; v = v[4:] {
			groups = append(groups, le.Uint32(v))
		}
	}
	for _, id := range users {
		if !n.users[id] {
			n.users[id] = true
			nameRow(b, i, format.NameUser, id, n.userOf(id))
		}
	}
	for _, id := range groups {
		if !n.groups[id] {
			n.groups[id] = true
			nameRow(b, i, format.NameGroup, id, n.groupOf(id))
		}
	}
}

// likeRow appends a row of event e with what row i says of its task.
func likeRow(b *format.Batch, i int, e format.EventID) int {
	k := b.Append()
	for _, c := range format.CommonFields {
		if format.Columns[c].Type == format.Bytes {
			b.U32[c][k] = b.U32[c][i]
		} else {
			b.Set(c, k, uint64(b.Int(c, i)))
		}
	}
	b.U16[format.ColEvent][k] = uint16(e)
	return k
}

func nameRow(b *format.Batch, i int, of uint64, id uint32, name string) {
	k := likeRow(b, i, format.EventNameOf)
	b.U16[format.ColFlags][k] &^= uint16(format.FlagInitial)
	b.U64[format.ColArg0][k], b.U64[format.ColArg1][k] = of, uint64(id)
	if name != "" {
		b.SetBytes(format.ColAKernel, k, []byte(name))
	}
}

// cgroup says in the cgroup row i whose it is.
func (n *names) cgroup(b *format.Batch, i int) {
	c := cgname.Of(string(b.Value(format.ColPath, i)))
	for col, v := range map[format.ColumnID]string{
		format.ColAKernel: c.Runtime, format.ColBKernel: c.Container, format.ColCKernel: c.Unit, format.ColDKernel: c.Pod,
	} {
		if v != "" {
			b.SetBytes(col, i, []byte(v))
		}
	}
}

// addMounts follows the task row i by the mounts of its namespace.
func (n *names) addMounts(b *format.Batch, i int) {
	mounts, err := n.mountsOf(b.U32[format.ColTGID][i])
	if err != nil {
		n.missing[fmt.Sprintf("mounts of namespace %d: %v", b.U32[format.ColMntNS][i], err)] = true
		return
	}
	time := clockNow().Boottime
	for _, m := range mounts {
		k := likeRow(b, i, format.EventMount)
		b.I64[format.ColTime][k] = time
		b.U16[format.ColFlags][k] = uint16(format.FlagInitial)
		b.U64[format.ColArg0][k], b.U64[format.ColArg1][k] = m.id, m.parent
		b.U32[format.ColDev][k] = m.dev
		for col, v := range map[format.ColumnID]string{
			format.ColPath: m.path, format.ColAEnter: m.root, format.ColAKernel: m.fstype, format.ColBKernel: m.source,
			format.ColBEnter: m.options, format.ColCEnter: m.super,
		} {
			b.SetBytes(col, k, []byte(v))
		}
		if m.propagation != "" {
			b.SetBytes(format.ColCKernel, k, []byte(m.propagation))
		}
		n.mounts++
	}
}

// mount is a line of /proc/PID/mountinfo, proc(5).
type mount struct {
	id, parent                                              uint64
	dev                                                     uint32 // major<<20 | minor
	root, path, options, propagation, fstype, source, super string
}

const maxMounts = 64 << 20 // bytes of mountinfo

func readMounts(pid uint32) ([]mount, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseMounts(io.LimitReader(f, maxMounts))
}

func parseMounts(in io.Reader) ([]mount, error) {
	var all []mount
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f := strings.Split(lines.Text(), " ")
		sep := 6 // behind the optional fields
		for sep < len(f) && f[sep] != "-" {
			sep++
		}
		if sep+3 >= len(f) {
			return all, fmt.Errorf("mountinfo: %q has too few fields", lines.Text())
		}
		var m mount
		var major, minor uint32
		m.id, _ = strconv.ParseUint(f[0], 10, 64)
		m.parent, _ = strconv.ParseUint(f[1], 10, 64)
		if _, err := fmt.Sscanf(f[2], "%d:%d", &major, &minor); err != nil {
			return all, fmt.Errorf("mountinfo: device %q: %w", f[2], err)
		}
		m.dev = major<<20 | minor
		m.root, m.path, m.options = unoctal(f[3]), unoctal(f[4]), unoctal(f[5])
		m.propagation = strings.Join(f[6:sep], ",")
		m.fstype, m.source, m.super = unoctal(f[sep+1]), unoctal(f[sep+2]), unoctal(strings.Join(f[sep+3:], " "))
		all = append(all, m)
	}
	return all, lines.Err()
}

// unoctal undoes the kernel's \ooo for blanks.
func unoctal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(v))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// usersOf names in the header those who are known before anything is recorded:
// the owners of the command, or of the processes, and users that the scope names.
func usersOf(opt *Options) map[uint32]string {
	users := map[uint32]string{}
	add := func(id uint32) {
		if name := userName(id); name != "" {
			users[id] = name
		}
	}
	if len(opt.Command) > 0 {
		add(uint32(os.Getuid()))
	}
	for _, pid := range opt.PIDs {
		var st unix.Stat_t
		if unix.Stat(fmt.Sprintf("/proc/%d", pid), &st) == nil {
			add(st.Uid)
		}
	}
	for _, v := range append(append([]string(nil), opt.Scope.Only.Users...), opt.Scope.Not.Users...) {
		if id, err := userID(v); err == nil {
			add(uint32(id))
		}
	}
	if len(users) == 0 {
		return nil
	}
	return users
}
