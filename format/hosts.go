package format

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// A file may be merged of recordings of several hosts, or of several boots of
// one. A pid, a time and an inode number then mean something else in each, so
// such a file is read one host at a time: Host gives a reader that has only the
// blocks of one, with that one's header. That is possible because a block has
// rows of one host only: Columns[ColHost] is the same in all of them.

// hostBlocks says of which host each block is.
type hostBlocks struct {
	of  []int32 // by block; unknownHost for one that cannot be read
	err error
}

const unknownHost = -1

// maxHosts is what the column host can tell apart.
const maxHosts = 1 << 16

// Several says whether the file is of more than one host: then it must be read
// by Host, and what Header says is true of none.
func (r *Reader) Several() bool { return len(r.head.header.Hosts) > 0 }

// File is the name of the file itself: Path without the host that was asked for.
func (r *Reader) File() string {
	if r.whole != nil {
		return strings.TrimSuffix(r.path, r.suffix)
	}
	return r.path
}

// OneHost is an error for a file of several hosts: it names them, and says how
// to choose one.
func (r *Reader) OneHost() error {
	if !r.Several() {
		return nil
	}
	names := make([]string, 0, 8)
	for n, h := range r.head.header.Hosts {
		if n == 8 {
			names = append(names, "…")
			break
		}
		names = append(names, fmt.Sprintf("@%d is %.64q, boot %.40q", n, h.Host, h.BootID))
	}
	return fmt.Errorf("%srecordings of %d hosts are in this file: choose one by FILE@HOST (%s)",
		pathPrefix(r.path), len(r.head.header.Hosts), strings.Join(names, "; "))
}

// Host is a reader of the rows of host n alone, an index into the header's
// Hosts. Blocks that cannot be read may be of any host, and are damage of each. Rows are
// numbered within the host, as in a recording of its own. Closing it closes r.
func (r *Reader) Host(n int) (*Reader, error) {
	if n < 0 || n >= len(r.head.header.Hosts) {
		return nil, fmt.Errorf("%sno host %d: the file is of %d", pathPrefix(r.path), n, len(r.head.header.Hosts))
	}
	r.hostsOnce.Do(r.findHosts)
	if r.hosts.err != nil {
		return nil, r.hosts.err
	}
	head := *r.head
	head.header = *r.head.header.Hosts[n]
	head.header.Version, head.header.Table, head.header.Hosts = r.head.header.Version, r.head.header.Table, nil
	head.header.Origin = append(head.header.Origin[:len(head.header.Origin):len(head.header.Origin)], r.head.header.Origin...)
	v := &Reader{
		r: r.r, size: r.size, path: r.path, closer: r.closer, head: &head, hash: r.hash, sig: r.sig, whole: r,
	}
	if r.path != "" {
		v.suffix = "@" + strconv.Itoa(n)
		v.path += v.suffix
	}
	if r.totals != nil {
		v.totals = &Totals{}
		if n < len(r.totals.Hosts) && r.totals.Hosts[n] != nil {
			*v.totals = *r.totals.Hosts[n]
			v.totals.Hosts = nil
		}
	}
	hole := 0
	var next, missing, seq, lost, before uint64
	for i := range r.blocks {
		info := r.blocks[i]
		missing += max(info.Seq, next) - next // they may have been of this host
		next = info.Seq + uint64(info.Rows)
		inIt := max(info.Lost, before) - before
		before = info.Lost
		for ; hole < len(r.holes) && r.holes[hole].before <= i; hole++ {
			v.holes = append(v.holes, gap{len(v.blocks), r.holes[hole].err})
		}
		if of := r.hosts.of[i]; of == int32(n) || of == unknownHost {
			info.Seq, lost = seq+missing, lost+inIt
			info.Lost, seq = lost, seq+uint64(info.Rows)
			v.blocks, v.index = append(v.blocks, info), append(v.index, i)
		}
	}
	for ; hole < len(r.holes); hole++ {
		v.holes = append(v.holes, gap{len(v.blocks), r.holes[hole].err})
	}
	return v, nil
}

// findHosts reads one column of every block.
func (r *Reader) findHosts() {
	r.hosts.of = make([]int32, len(r.blocks))
	d := decoderPool.Get().(*decoder)
	defer decoderPool.Put(d)
	want := wanted([]ColumnID{ColHost})
	for i := range r.blocks {
		r.hosts.of[i] = unknownHost
		b := &d.scratch
		if err := r.read(d, i, &want, b, false); err != nil || b.N == 0 {
			continue // told when the block is read
		}
		first := uint16(0)
		if len(b.U16[ColHost]) >= b.N {
			first = b.U16[ColHost][0]
			for _, h := range b.U16[ColHost][:b.N] {
				if h != first {
					r.hosts.err = &CorruptError{Path: r.path, Offset: r.blocks[i].Offset, What: fmt.Sprintf("block %d has rows of hosts %d and %d: a block is of one host", r.blocks[i].Number, first, h)}
					return
				}
			}
		}
		if int(first) >= len(r.head.header.Hosts) {
			r.hosts.err = &CorruptError{Path: r.path, Offset: r.blocks[i].Offset, What: fmt.Sprintf("block %d is of host %d, the header has %d", r.blocks[i].Number, first, len(r.head.header.Hosts))}
			return
		}
		r.hosts.of[i] = int32(first)
	}
}

// hostOf splits FILE@HOST, where no file has that name.
func hostOf(path string, err error) (file, host string, ok bool) {
	at := strings.LastIndexByte(path, '@')
	if at <= 0 || at == len(path)-1 || !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(path[at:], `/\`) {
		return "", "", false
	}
	return path[:at], path[at+1:], true
}

// chooseHost finds a host by its number, its name or its boot id.
func (r *Reader) chooseHost(name string) (*Reader, error) {
	hosts := r.head.header.Hosts
	if len(hosts) == 0 {
		if h := &r.head.header; name == h.Host || name == h.BootID || name == "0" {
			return r, nil
		}
		return nil, fmt.Errorf("%sis of one host only, %.64q, not of %.64q", pathPrefix(r.path), r.head.header.Host, name)
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(hosts) {
		return r.Host(n)
	}
	found := unknownHost
	for n, h := range hosts {
		if h.Host != name && h.BootID != name {
			continue
		}
		if found != unknownHost {
			return nil, fmt.Errorf("%.64q is more than one: %w", name, r.OneHost())
		}
		found = n
	}
	if found == unknownHost {
		return nil, fmt.Errorf("no host %.64q: %w", name, r.OneHost())
	}
	return r.Host(found)
}
