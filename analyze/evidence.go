package analyze

import "time"

// Role says what a row of evidence has to do with its finding.
type Role string

// The roles.
const (
	RoleThread     Role = "thread"           // shares the address space: could have written there
	RoleMapping    Role = "shared-mapping"   // maps the same object shared
	RoleUffd       Role = "userfaultfd"      // decides what a page holds when it is first touched
	RoleTracer     Role = "ptrace"           // may write the memory of the process, or has
	RoleRemote     Role = "process_vm_write" // wrote into the memory of the process
	RoleCheck      Role = "check"            // looked at the object before it was used
	RoleUse        Role = "use"              // used it
	RoleChange     Role = "change"           // changed what the name leads to
	RoleWitness    Role = "witness"          // saw a value
	RoleStep       Role = "step"             // matched a step of a policy
	RoleGap        Role = "gap"              // something is missing here
	RoleResolution Role = "resolution"       // a step of following a name
)

// Evidence is one row of what a finding rests on: who did what, when. It
// supports a finding, it does not prove it.
type Evidence struct {
	Role  Role
	Who   Thread // TID 0: nobody in particular
	Start uint64 // start time of Who's task
	What  string // in words, hostile strings quoted

	Boottime int64 // when it began, ns since boot; 0 is no point in time
	Time     time.Time
	Duration time.Duration
	Seq      uint64 // row; only meaningful with Row
	File     string // where that row is, if in another segment than the finding's
	Row      bool
	Call     uint64
	Syscall  string
	Object   Object
}
