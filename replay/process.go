package replay

import (
	"github.com/tracerec/tracerec/format"
)

// Origin says how a task or process came to be known.
type Origin uint8

const (
	OriginSeen    Origin = iota // by a row of its own: its creation was not recorded
	OriginForked                // by the fork that created it
	OriginInitial               // it existed when the recording began
)

// End says how a task or process ended.
type End uint8

const (
	EndNone    End = iota // not seen to end
	EndExit               // its own exit row
	EndExec               // a thread of its process called execve, which ends all others
	EndProcess            // its process ended; its own exit row is missing
	EndReused             // its id was given to another; its exit row is missing
	EndTold               // the recorder said that the command ended; it never came to an exit row
)

// Counts sum up calls.
type Counts struct {
	Calls     uint64 `json:"calls"` // a restarted call counts once
	Failed    uint64 `json:"failed"`
	Opens     uint64 `json:"opens"`    // attempts
	Connects  uint64 `json:"connects"` // attempts
	Execs     uint64 `json:"execs"`    // that succeeded
	Witnesses uint64 `json:"witnesses"`
}

func (c *Counts) add(d *Counts) {
	c.Calls += d.Calls
	c.Failed += d.Failed
	c.Opens += d.Opens
	c.Connects += d.Connects
	c.Execs += d.Execs
	c.Witnesses += d.Witnesses
}

// Name is a thread name and when it was first seen.
type Name struct {
	At   int64
	Comm string
}

// Cred is who a process acts as.
type Cred struct {
	At  int64  `json:"at"`
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// Spaces are the namespaces and the cgroup that a process is in.
type Spaces struct {
	At     int64  `json:"at"`
	PIDNS  uint32 `json:"pidns"`
	MntNS  uint32 `json:"mntns"`
	Cgroup uint64 `json:"cgroup"`
}

// Parent is a real parent.
type Parent struct {
	At  int64  `json:"at"`
	PID uint32 `json:"pid"`
}

// Task is a thread. TID and Start are its identity; Start is 0 when unknown.
type Task struct {
	TID     uint32
	Start   int64
	Process *Process
	Origin  Origin

	First, Last int64 // of its rows: earliest begin, latest end
	Ended       int64 // 0 when not seen to end
	End         End
	Status      uint32 // wait status, when End is EndExit
	Names       []Name // oldest first
	Counts      Counts

	files        *Files
	fs           *FS
	gone         bool // ended: what it had is given up
	old, dropped bool // see purge
}

// Files are the descriptors of a task, nil when nothing is known of them or
// it has ended.
func (t *Task) Files() *Files { return t.files }

// FS are the directories of a task, nil when nothing is known of them or it
// has ended.
func (t *Task) FS() *FS { return t.fs }

// Process is a thread group. PID and Start, that of its leader, are its
// identity.
type Process struct {
	PID    uint32
	Start  int64 // 0 when unknown
	Origin Origin
	// Parent is the process that created it, nil when that is not known.
	Parent  *Process
	Parents []Parent // real parents, oldest first: a change is re-parenting
	Tasks   []*Task  // in the order in which they became known
	Images  []*Image // oldest first
	Creds   []Cred
	Spaces  []Spaces

	First, Last int64
	Ended       int64
	End         End
	Status      uint32

	exiting bool // a thread called exit_group, or a signal killed all

	IDs        *IDs // all ids, when an event said them
	Caps       *Caps
	Groups     []uint32          // supplementary, when the recording began
	Namespaces map[uint32]uint32 // inode number by CLONE_NEW*, of those that changed

	leader       *Task  // nil until a row shows it
	index        int    // in State.procs
	past         Counts // of threads that have ended and are forgotten
	old, dropped bool   // see purge
}

// IDs are all user and group ids of a process.
type IDs struct {
	At                     int64
	UID, EUID, SUID, FSUID uint32
	GID, EGID, SGID, FSGID uint32
}

// Caps are the capability sets of a process, a bit each.
type Caps struct {
	At          int64  `json:"at"`
	Effective   uint64 `json:"effective"`
	Permitted   uint64 `json:"permitted"`
	Inheritable uint64 `json:"inheritable"`
	Ambient     uint64 `json:"ambient"`
	Bounding    uint64 `json:"bounding"`
	Securebits  uint64 `json:"securebits"`
}

// Leader is the thread whose id is the pid, nil until a row shows it.
func (p *Process) Leader() *Task { return p.leader }

// Files are the descriptors of a process, nil when nothing is known of them.
func (p *Process) Files() *Files {
	if len(p.Tasks) == 0 {
		return nil
	}
	return p.any().files
}

// FS are the directories of a process, nil when nothing is known of them.
func (p *Process) FS() *FS {
	if len(p.Tasks) == 0 {
		return nil
	}
	return p.any().fs
}

// maxHistory bounds what a process can make us remember by changing its
// name or credentials forever. The last entry stays the current one.
const maxHistory = 1 << 12

func push[T any](list []T, v T) []T {
	if len(list) >= maxHistory {
		list[len(list)-1] = v
		return list
	}
	return append(list, v)
}

// Origin of an image.
type ImageOrigin uint8

const (
	ImageExec      ImageOrigin = iota // an execve
	ImageInherited                    // the creator's, at the fork
	ImageInitial                      // found when the recording began
)

// View is a value and how it was obtained.
type View struct {
	Status format.ViewStatus
	Value  string
}

// Known says whether there is a value, perhaps a truncated one.
func (v View) Known() bool {
	return v.Status == format.ViewOK || v.Status == format.ViewTruncated
}

// Image is a program that a process ran.
type Image struct {
	At     int64
	Origin ImageOrigin

	// What was asked for: user memory when the execve was entered.
	Asked, AskedArgv View
	// What the kernel ran: its own copy of the name, the new image's memory.
	Ran, RanArgv View
	Interp       string // what was loaded, for a script; "" when Ran itself
	Path         string // of the executable that was mapped
	Dev          uint32
	Ino          uint64

	// PathDiffers and ArgvDiffers: the two sides were seen and are not the
	// same. A script's interpreter before argv is no difference.
	PathDiffers, ArgvDiffers bool
	ExecLost                 bool // only the call is there, its exec row is missing

	call uint64    // that made it; joins the call's row
	tids [2]uint32 // under which that row may stand
}

// argv is Argv, "" for no image.
func (im *Image) argv() string {
	if im == nil {
		return ""
	}
	return im.Argv()
}

// Argv is the command line as asked for, or else as run.
func (im *Image) Argv() string {
	if im.AskedArgv.Known() {
		return im.AskedArgv.Value
	}
	return im.RanArgv.Value
}
