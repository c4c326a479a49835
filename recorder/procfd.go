//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// openFD is a descriptor as /proc shows it: where the kernel has no iterator
// over descriptors, and to check what the iterator says.
type openFD struct {
	fd, pos, mnt uint64
	flags        uint64 // with O_CLOEXEC
	mode, links  uint32
	dev          uint32 // major<<20 | minor
	ino          uint64
	path         string // as the link says
}

// readFDs reads what process pid has open. Descriptors that are closed
// meanwhile are left out.
func readFDs(pid uint32) ([]openFD, error) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	d, err := os.Open(dir + "fd")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var all []openFD
	for _, name := range names {
		n, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			continue
		}
		f := openFD{fd: n}
		var st unix.Stat_t
		info, ierr := os.ReadFile(dir + "fdinfo/" + name)
		path, lerr := os.Readlink(dir + "fd/" + name)
		if errors.Join(ierr, lerr, unix.Stat(dir+"fd/"+name, &st)) != nil {
			continue
		}
		f.path, f.mode, f.links, f.ino = path, st.Mode, uint32(st.Nlink), st.Ino
		f.dev = uint32(unix.Major(st.Dev))<<20 | uint32(unix.Minor(st.Dev))
		for line := range strings.Lines(string(info)) {
			key, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch key {
			case "pos":
				f.pos, _ = strconv.ParseUint(value, 10, 64)
			case "flags":
				f.flags, _ = strconv.ParseUint(value, 8, 64)
			case "mnt_id":
				f.mnt, _ = strconv.ParseUint(value, 10, 64)
			}
		}
		all = append(all, f)
	}
	return all, nil
}

// kernelPath is the path as records of the kernel have it.
func (f *openFD) kernelPath() string {
	if rest, ok := strings.CutPrefix(f.path, "anon_inode:"); ok {
		return rest
	}
	if f.mode&unix.S_IFMT == unix.S_IFSOCK || f.mode&unix.S_IFMT == unix.S_IFIFO && !strings.HasPrefix(f.path, "/") {
		return ""
	}
	if f.links == 0 {
		return strings.TrimSuffix(f.path, " (deleted)")
	}
	return f.path
}

// addFDs follows the task row i by the descriptors of its process.
func (n *names) addFDs(b *format.Batch, i int) {
	fds, err := n.fdsOf(b.U32[format.ColTGID][i])
	if err != nil {
		n.missing[fmt.Sprintf("descriptors of process %d: %v", b.U32[format.ColTGID][i], err)] = true
		return
	}
	time := clockNow().Boottime
	for _, f := range fds {
		k := likeRow(b, i, format.EventFD)
		b.I64[format.ColTime][k] = time
		b.U16[format.ColFlags][k] = uint16(format.FlagInitial)
		b.U64[format.ColArg0][k], b.U64[format.ColArg1][k], b.U64[format.ColArg2][k] = f.fd, f.flags, f.pos
		b.U32[format.ColALen][k], b.U32[format.ColBLen][k], b.U32[format.ColDLen][k] = f.mode, f.links, uint32(f.mnt)
		b.U32[format.ColDev][k], b.U64[format.ColIno][k] = f.dev, f.ino
		b.SetBytes(format.ColPath, k, []byte(f.kernelPath()))
		n.fds++
	}
}
