package fleet

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// maxKeys bounds the different things of one kind that are told apart, of a file and of the fleet.
const maxKeys = 1 << 16

// Seen is how often something was seen, and when first.
type Seen struct {
	Count uint64 `json:"count"`
	First int64  `json:"first"` // ns since 1970
}

// Summary is what a file adds to the fleet.
type Summary struct {
	File       string            `json:"file"`
	ID         string            `json:"id"` // of the recording, and where it ends: tells whether the file has changed
	Host       string            `json:"host"`
	BootID     string            `json:"boot_id"`
	Error      string            `json:"error,omitempty"` // it could not be read: nothing else is set
	Rows       uint64            `json:"rows"`
	Calls      uint64            `json:"calls"`
	Arguments  uint64            `json:"arguments"` // that were to be compared
	Unseen     uint64            `json:"unseen"`    // of which no witness saw the kernel's value, or it could not be judged
	Lost       uint64            `json:"lost"`
	Damaged    bool              `json:"damaged,omitempty"`
	Incomplete int               `json:"incomplete"`
	Severities map[string]uint64 `json:"severities"`
	Findings   map[string]Seen   `json:"findings"`     // by rule, argument and name of the process
	Execs      map[string]Seen   `json:"executables"`  // by path
	Peers      map[string]Seen   `json:"destinations"` // by address and port
	Dropped    uint64            `json:"dropped,omitempty"`
	Segments   int               `json:"segments,omitempty"` // that File is the first of, all in this summary
}

// Collector makes the summary of one file.
type Collector struct {
	mu      sync.Mutex
	summary Summary
	clock   format.Clock
}

// NewCollector begins a file.
func NewCollector(file, id string) *Collector {
	return &Collector{summary: Summary{File: file, ID: id, Findings: map[string]Seen{}, Execs: map[string]Seen{}, Peers: map[string]Seen{}}}
}

// Kind counts executables and destinations, next to the analyses proper.
func (c *Collector) Kind() analyze.Kind {
	return analyze.Kind{Name: "fleet", Doc: "count executables and destinations", New: func(s *analyze.Session) analyze.Analysis {
		c.clock = s.Header().Clock
		c.summary.Host, c.summary.BootID = s.Header().Host, s.Header().BootID
		return c
	}}
}

// Columns implements analyze.Analysis.
func (c *Collector) Columns() []format.ColumnID {
	return []format.ColumnID{format.ColTime, format.ColEvent, format.ColABI, format.ColNR, format.ColPath, format.ColAEnter, format.ColAKernel}
}

// Fold implements analyze.Analysis.
func (c *Collector) Fold(b *format.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, event := range b.U16[format.ColEvent][:b.N] {
		switch format.EventID(event) {
		case format.EventExec:
			if path := b.Value(format.ColPath, i); path != nil {
				c.see(c.summary.Execs, string(path), b.I64[format.ColTime][i])
			}
		case format.EventSyscall:
			call := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
			if call == nil || call.Name != "connect" {
				continue
			}
			addr := b.Value(format.ColAKernel, i)
			if addr == nil {
				addr = b.Value(format.ColAEnter, i)
			}
			if len(addr) > 2 && (addr[0] == 2 || addr[0] == 10) && addr[1] == 0 { // AF_INET, AF_INET6
				c.see(c.summary.Peers, show.SockAddr(addr), b.I64[format.ColTime][i])
			}
		}
	}
}

// Finish implements analyze.Analysis.
func (c *Collector) Finish(*analyze.Coverage) {}

func (c *Collector) see(m map[string]Seen, key string, boottime int64) {
	c.add(m, key, c.clock.Realtime+boottime-c.clock.Boottime)
}

func (c *Collector) add(m map[string]Seen, key string, at int64) {
	s, known := m[key]
	if !known && len(m) >= maxKeys {
		c.summary.Dropped++
		return
	}
	if s.Count == 0 || at < s.First {
		s.First = at
	}
	s.Count++
	m[key] = s
}

// Finding counts a finding of the file.
func (c *Collector) Finding(f *analyze.Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(c.summary.Findings, f.RuleID()+"\x00"+f.Syscall+"."+f.Argument+"\x00"+f.Comm, f.Time.UnixNano())
}

// Done ends a file.
func (c *Collector) Done(cov *analyze.Coverage) *Summary {
	s := &c.summary
	s.Rows, s.Calls, s.Lost, s.Damaged, s.Incomplete = cov.Rows, cov.Calls, cov.Lost.Total, cov.Damaged, len(cov.Incomplete)
	for i := range cov.Arguments {
		a := &cov.Arguments[i]
		s.Arguments += a.Calls
		s.Unseen += a.Verdicts[analyze.Unwitnessed] + a.Verdicts[analyze.Inconclusive]
	}
	s.Severities, s.Segments = Severities(cov), len(cov.Files)
	return s
}

// Severities counts findings by the name of their severity, from low.
func Severities(c *analyze.Coverage) map[string]uint64 {
	out := map[string]uint64{}
	for s := analyze.Low; s < analyze.NumSeverities; s++ {
		n := c.At(s)
		if s+1 < analyze.NumSeverities {
			n -= c.At(s + 1)
		}
		if n > 0 {
			out[s.String()] = n
		}
	}
	return out
}

// Host is a machine from one boot to the next.
type Host struct {
	Host, BootID                         string
	Files, Unread                        int
	Rows, Calls, Arguments, Unseen, Lost uint64
	Damaged, Incomplete                  int // files
	Severities                           map[string]uint64
}

// Rare is something that was seen on some hosts.
type Rare struct {
	Key   string
	Hosts map[string]bool // at most maxHosts of them
	Seen
	FirstHost string
}

// Fleet is the sum of summaries.
type Fleet struct {
	hosts                  map[[2]string]*Host
	findings, execs, peers map[string]*Rare
	names                  map[string]bool
	Dropped                uint64 // things that were not told apart: too many
	Files, Unread, Resumed int
}

// New begins a fleet.
func New() *Fleet {
	return &Fleet{hosts: map[[2]string]*Host{}, findings: map[string]*Rare{}, execs: map[string]*Rare{}, peers: map[string]*Rare{}, names: map[string]bool{}}
}

// Add adds a file.
func (f *Fleet) Add(s *Summary) {
	files := max(1, s.Segments)
	f.Files += files
	if s.Error != "" {
		f.Unread++
		return
	}
	f.names[s.Host] = true
	key := [2]string{s.Host, s.BootID}
	h := f.hosts[key]
	if h == nil {
		h = &Host{Host: s.Host, BootID: s.BootID, Severities: map[string]uint64{}}
		f.hosts[key] = h
	}
	h.Files += files
	h.Rows, h.Calls, h.Arguments, h.Unseen, h.Lost = h.Rows+s.Rows, h.Calls+s.Calls, h.Arguments+s.Arguments, h.Unseen+s.Unseen, h.Lost+s.Lost
	if s.Damaged {
		h.Damaged++
	}
	if s.Incomplete > 0 {
		h.Incomplete++
	}
	for k, n := range s.Severities {
		h.Severities[k] += n
	}
	f.Dropped += s.Dropped
	f.merge(f.findings, s.Findings, s.Host)
	f.merge(f.execs, s.Execs, s.Host)
	f.merge(f.peers, s.Peers, s.Host)
}

func (f *Fleet) merge(into map[string]*Rare, from map[string]Seen, host string) {
	for key, seen := range from {
		r := into[key]
		if r == nil {
			if len(into) >= maxKeys {
				f.Dropped++
				continue
			}
			r = &Rare{Key: key, Hosts: map[string]bool{}}
			into[key] = r
		}
		if r.Count == 0 || seen.First < r.First || seen.First == r.First && host < r.FirstHost {
			r.First, r.FirstHost = seen.First, host
		}
		r.Count += seen.Count
		r.Hosts[host] = true
	}
}

// NumHosts counts machines, whatever their boots.
func (f *Fleet) NumHosts() int { return len(f.names) }

// Hosts are all, by name and boot.
func (f *Fleet) Hosts() []*Host {
	return slices.SortedFunc(maps.Values(f.hosts), func(a, b *Host) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.BootID, b.BootID))
	})
}

// Findings are all, the rarest first.
func (f *Fleet) Findings() []*Rare { return rarest(f.findings) }

// Execs are all executables, the rarest first.
func (f *Fleet) Execs() []*Rare { return rarest(f.execs) }

// Peers are all destinations, the rarest first.
func (f *Fleet) Peers() []*Rare { return rarest(f.peers) }

// Rare are all things of a kind, the rarest first.
func (f *Fleet) Rare(kind string) []*Rare {
	switch kind {
	case KindFinding:
		return f.Findings()
	case KindExecutable:
		return f.Execs()
	}
	return f.Peers()
}

func rarest(m map[string]*Rare) []*Rare {
	return slices.SortedFunc(maps.Values(m), func(a, b *Rare) int {
		return cmp.Or(cmp.Compare(len(a.Hosts), len(b.Hosts)), cmp.Compare(a.Count, b.Count), cmp.Compare(a.First, b.First), cmp.Compare(a.Key, b.Key))
	})
}

// FirstTime is when something was first seen.
func (r *Rare) FirstTime() time.Time { return time.Unix(0, r.First).UTC() }
