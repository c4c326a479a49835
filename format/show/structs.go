package show

import (
	"encoding/binary"
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// member is a field of a struct that a call was given, little-endian as both
// architectures are.
type member struct {
	name string
	size int
	kind format.Kind // how its value is printed; 0: a signed number
}

// structLayout is how a struct of user space looks to a program of 64 bits and
// to one of 32 bits, where that differs. A longer value is an array of it.
type structLayout struct {
	members, narrow []member
	size            int // of the 64-bit layout
	many            bool
}

func structOf(many bool, members, narrow []member) *structLayout {
	l := &structLayout{members: members, narrow: narrow, many: many}
	for _, m := range members {
		l.size += m.size
	}
	return l
}

// structs are the layouts of uapi headers: linux/time.h, linux/utime.h,
// linux/capability.h, linux/sched.h, linux/perf_event.h.
var structs = map[format.Kind]*structLayout{
	format.KindTimespec:  structOf(false, []member{{"tv_sec", 8, 0}, {"tv_nsec", 8, 0}}, []member{{"tv_sec", 4, 0}, {"tv_nsec", 4, 0}}),
	format.KindTimespecs: structOf(true, []member{{"tv_sec", 8, 0}, {"tv_nsec", 8, 0}}, []member{{"tv_sec", 4, 0}, {"tv_nsec", 4, 0}}),
	format.KindTimevals:  structOf(true, []member{{"tv_sec", 8, 0}, {"tv_usec", 8, 0}}, []member{{"tv_sec", 4, 0}, {"tv_usec", 4, 0}}),
	format.KindUtimbuf:   structOf(false, []member{{"actime", 8, 0}, {"modtime", 8, 0}}, []member{{"actime", 4, 0}, {"modtime", 4, 0}}),
	format.KindCapHeader: structOf(false, []member{{"version", 4, format.KindPointer}, {"pid", 4, 0}}, nil),
	format.KindCapData: structOf(true, []member{
		{"effective", 4, format.KindPointer}, {"permitted", 4, format.KindPointer}, {"inheritable", 4, format.KindPointer},
	}, nil),
	format.KindFileHandle: structOf(false, []member{{"handle_bytes", 4, 0}, {"handle_type", 4, 0}}, nil),
	format.KindCloneArgs: structOf(false, []member{
		{"flags", 8, format.KindCloneFlags}, {"pidfd", 8, format.KindPointer}, {"child_tid", 8, format.KindPointer}, {"parent_tid", 8, format.KindPointer},
		{"exit_signal", 8, format.KindSignal}, {"stack", 8, format.KindPointer}, {"stack_size", 8, format.KindPointer}, {"tls", 8, format.KindPointer},
		{"set_tid", 8, format.KindPointer}, {"set_tid_size", 8, 0}, {"cgroup", 8, 0},
	}, nil),
	format.KindPerfAttr: structOf(false, []member{{"type", 4, 0}, {"size", 4, 0}, {"config", 8, format.KindPointer}}, nil),
}

// appendStruct appends {name=value, …}, or [{…}, …] of an array. What is
// longer than the members, or not whole, ends in "…".
func appendStruct(dst []byte, l *structLayout, v []byte, abi format.ABI) []byte {
	members := l.members
	count := 1
	if l.many {
		count = 2
	}
	if l.narrow != nil && len(v) < l.size*count {
		members = l.narrow
	}
	if l.many {
		dst = append(dst, '[')
	}
	for n := 0; n < count; n++ {
		if n > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '{')
		for k, m := range members {
			if len(v) < m.size {
				if len(v) > 0 || n > 0 {
					dst = append(dst, "…"...)
				}
				v = nil
				break
			}
			if k > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(append(dst, m.name...), '=')
			word := int64(int32(binary.LittleEndian.Uint32(v)))
			if m.size == 8 {
				word = int64(binary.LittleEndian.Uint64(v))
			}
			switch m.kind {
			case 0:
				dst = strconv.AppendInt(dst, word, 10)
			case format.KindPointer:
				if m.size == 4 {
					word = int64(uint32(word))
				}
				dst = appendPointer(dst, uint64(word))
			default:
				dst = Int(dst, m.kind, word, abi, nil)
			}
			v = v[m.size:]
		}
		dst = append(dst, '}')
	}
	if l.many {
		dst = append(dst, ']')
	}
	return dst
}

// appendMessages appends the addresses of a sendmmsg: NULL for a message
// without one.
func appendMessages(dst, v []byte) []byte {
	dst = append(dst, '[')
	for n := 0; len(v) >= 2; n++ {
		size := int(binary.LittleEndian.Uint16(v))
		if v = v[2:]; size > len(v) {
			break
		}
		if n > 0 {
			dst = append(dst, ", "...)
		}
		if size == 0 {
			dst = append(dst, "NULL"...)
		} else {
			dst = AppendSockAddr(dst, v[:size])
		}
		v = v[size:]
	}
	return append(dst, ']')
}

// appendGIDs appends the list of setgroups(2).
func appendGIDs(dst, v []byte) []byte {
	dst = append(dst, '[')
	for n := 0; len(v) >= 4; n++ {
		if n > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendUint(dst, uint64(binary.LittleEndian.Uint32(v)), 10)
		v = v[4:]
	}
	return append(dst, ']')
}
