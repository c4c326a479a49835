package format

import (
	"slices"
	"strings"
)

// Version is the format version that this package writes. It reads 1..Version.
const Version = 2

// Header describes a recording. It stands, as JSON, in the custom metadata of
// the Arrow schema, the first message of the file.
type Header struct {
	Version  int      `json:"version"`           // of the format
	Table    string   `json:"table"`             // hex SHA-256 of the event, column and syscall tables
	Host     string   `json:"host"`              // its name
	BootID   string   `json:"boot_id"`           // /proc/sys/kernel/random/boot_id
	Machine  string   `json:"machine"`           // uname -m
	Kernel   string   `json:"kernel"`            // uname -r
	KernelV  string   `json:"kernel_version"`    // uname -v
	Clock    Clock    `json:"clock"`             // when the recording began
	Recorder string   `json:"recorder"`          // tracerec version
	Args     []string `json:"args"`              // the recorder's own command line
	Command  []string `json:"command,omitempty"` // that was recorded
	Scope    Scope    `json:"scope"`             // whose calls were recorded
	// which calls and events were recorded; absent: all
	Selection *Selected         `json:"selection,omitempty"`
	Manifest  []Witness         `json:"manifest"`        // the hooks, and what came of each
	PIDNS     uint32            `json:"pidns,omitempty"` // the initial pid namespace, in which tid and pid count
	Users     map[uint32]string `json:"users,omitempty"` // names by number, of the recorded scope
	// which part of a longer recording this file is; absent of a recording in one file
	Segment *Segment `json:"segment,omitempty"`
	// when a file made of parts of a recording begins without the first of them, ns after
	// boot: rows that are older were repeated by the first that it has (Extent)
	Begins int64 `json:"begins,omitempty"`
	// environments that programs are given were recorded
	Env bool `json:"env,omitempty"`
	// which values were replaced before they were written; absent: none
	Redacted *Redacted `json:"redacted,omitempty"`
	// what this file was made of, the latest step last; absent of a recording as it was written
	Origin []Origin `json:"origin,omitempty"`
	// headers of the recordings of a file that was merged of those of several hosts or boots,
	// which the column host is an index into (Reader.Host)
	Hosts []*Header `json:"hosts,omitempty"`

	Unknown Unknown `json:"-"`
}

// Redacted says what was kept out of a trace: in names and arguments, what a
// pattern matches is "[redacted:HASH]". Equal values have equal hashes in all
// traces of one key.
type Redacted struct {
	Patterns []string `json:"patterns"` // regular expressions
	Key      string   `json:"key"`      // a hash by the key, by which traces of one key are known

	Unknown Unknown `json:"-"`
}

// ClassDamaged stands for the class in EventLost rows that repair puts where
// rows could not be read: they may have been of any class.
const ClassDamaged Class = 0xFF

// ClassUnrecorded stands for the class in the EventLost row that merge puts
// between two recordings of one boot: nothing was recorded between since and time.
// How much happened is not known, so its count is 0.
const ClassUnrecorded Class = 0xFE

// ClassUnwritten stands for the class in the EventLost row with which a recorder seals a file
// whose disk was full or went away: the records were read and could not be written.
const ClassUnwritten Class = 0xFD

// InRing says whether an EventLost row of the class counts records that did not fit a ring. Others
// are of rows that a file lacks, or that nobody recorded: no processor and no lane has to do with them.
func (c Class) InRing() bool {
	return c != ClassDamaged && c != ClassUnrecorded && c != ClassUnwritten
}

// Missing says in words what of the recording is not in the file because a
// file that it was made of was damaged or cut off.
func (h *Header) Missing() (lost []string) {
	for i := range h.Origin {
		lost = append(lost, h.Origin[i].Lost...)
	}
	return lost
}

// Unfinished are the files that this one was made of and that had no end: still being
// written, or cut off. What came after is in neither. Of a file that repair made Missing
// tells it.
func (h *Header) Unfinished() (files []string) {
	for i := range h.Origin {
		if len(h.Origin[i].Lost) > 0 {
			continue
		}
		for _, from := range h.Origin[i].From {
			if from.State == Unsealed.String() {
				files = append(files, from.File)
			}
		}
	}
	return files
}

// Segment is the place of a file in a recording of several. Each names the
// final hash of the one before, so that none can be exchanged or left out.
type Segment struct {
	Recording string `json:"recording"`          // hex id of the first segment; "" in that segment itself
	Number    int    `json:"number"`             // from 0
	Previous  string `json:"previous,omitempty"` // hex final hash of the segment before
	// how many rows at the beginning are of segments before: how the processes came to be that live
	Repeated uint64 `json:"repeated,omitempty"`

	Unknown Unknown `json:"-"`
}

// Origin is one step by which a file was made of others.
type Origin struct {
	By   string   `json:"by"`             // the verb: "repair", "filter"…
	Args []string `json:"args,omitempty"` // what it was asked for
	From []Source `json:"from,omitempty"` // files
	Lost []string `json:"lost,omitempty"` // what of the sources is not in this file because it could not be read

	Unknown Unknown `json:"-"`
}

// Extract says whether the step left out calls of those that the file before had.
func (o *Origin) Extract() bool {
	return strings.HasPrefix(o.By, "filter ") || o.By == "split" && slices.Contains(o.Args, "--by-process")
}

// Source is a file that another one was made of.
type Source struct {
	File   string `json:"file"`              // its name, without directories
	ID     string `json:"id"`                // hex
	Hash   string `json:"hash,omitempty"`    // hex final hash, of a sealed file
	SHA256 string `json:"sha256,omitempty"`  // hex, of the whole file, where it was not sealed
	State  string `json:"state"`             // as info shows it: sealed, still being written or cut off, corrupt
	Host   string `json:"host,omitempty"`    // as in its header
	BootID string `json:"boot_id,omitempty"` // the same

	Unknown Unknown `json:"-"`
}

// Clock ties CLOCK_BOOTTIME, in which all times of a trace are, to wall time.
type Clock struct {
	Boottime int64 `json:"boottime"` // ns after boot
	Realtime int64 `json:"realtime"` // ns since 1970, read at boottime
}

// At is the same relation of the clocks, at another moment of CLOCK_BOOTTIME.
func (c Clock) At(boottime int64) Clock {
	if c.Realtime == 0 {
		return Clock{Boottime: boottime}
	}
	return Clock{Boottime: boottime, Realtime: c.Realtime + boottime - c.Boottime}
}

// Scope is what was recorded. A recording without any of them is of the whole host.
type Scope struct {
	Kind   string `json:"kind"`             // "command", "pid", "cgroup" or "host"
	PIDs   []int  `json:"pids,omitempty"`   // roots of the trees
	Cgroup string `json:"cgroup,omitempty"` // path
	// what a task must be beside: a value of every kind
	Only []Condition `json:"only,omitempty"`
	// what it must not be
	Not []Condition `json:"not,omitempty"`
	// which calls of the tasks were recorded, beside the selection
	Calls []Condition `json:"calls,omitempty"`

	Unknown Unknown `json:"-"`
}

// Condition is one kind of condition of a scope, any of whose values will do.
type Condition struct {
	Kind   string   `json:"kind"`             // cgroup, container, uid, comm, exe, mntns, pidns, new; of calls: path, failed
	Values []string `json:"values,omitempty"` // any will do
	Given  []string `json:"given,omitempty"`  // as they were asked for, where that was another word

	Unknown Unknown `json:"-"`
}

// WitnessState is what came of a hook when the recording began.
type WitnessState string

const (
	WitnessActive  WitnessState = "active"  // attached, and seen to fire in the self-test
	WitnessSilent  WitnessState = "silent"  // attached without error, did not fire in the self-test: not trusted, detached
	WitnessRefused WitnessState = "refused" // the kernel refused to load or attach it
	WitnessMissing WitnessState = "missing" // the kernel does not have the hook
	WitnessUnused  WitnessState = "unused"  // a better rung is active
	WitnessForbid  WitnessState = "forbidden"
	WitnessUntried WitnessState = "untested" // attached; the self-test cannot provoke it
)

// Witness is a line of the attach manifest: one hook of one event.
type Witness struct {
	Event string       `json:"event"`          // that it would show
	Hook  string       `json:"hook"`           // "lsm/file_open"
	Rung  Rung         `json:"rung"`           // one bit
	State WitnessState `json:"state"`          // active, silent, refused, missing, unused, forbidden or untested
	Why   string       `json:"why,omitempty"`  // where it is not active
	Hits  uint64       `json:"hits,omitempty"` // in the self-test

	Unknown Unknown `json:"-"`
}

// Totals close a sealed file.
type Totals struct {
	Rows   uint64            `json:"rows"`            // of the file
	Events map[string]uint64 `json:"events"`          // rows by event
	Lost   uint64            `json:"lost"`            // ring records that were lost
	Seen   uint64            `json:"seen"`            // ring records reserved or lost, counted in the kernel
	Read   uint64            `json:"read"`            // ring records that were read: read + lost = seen
	Ended  Clock             `json:"ended"`           // when the recording ended
	Missed uint64            `json:"missed"`          // runs of the recorder's programs that the kernel skipped: what they would have seen is unknown
	Reason string            `json:"reason"`          // why the recording ended
	Exit   *int              `json:"exit,omitempty"`  // the command's exit code
	Fast   uint64            `json:"fast,omitempty"`  // blocks written with the faster codec, because the recorder was behind
	Hosts  []*Totals         `json:"hosts,omitempty"` // of each of the header's hosts
	Sync   *SyncTotals       `json:"sync,omitempty"`  // of a recording that is on disk at once: record --sync critical

	Unknown Unknown `json:"-"`
}

// SyncTotals say how long it took from critical events (processes, hooks,
// credentials) until they were on disk, ns.
type SyncTotals struct {
	Count  uint64 `json:"count"`  // of writes
	Median int64  `json:"median"` // ns until they were on disk
	Worst  int64  `json:"worst"`  // the same

	Unknown Unknown `json:"-"`
}
