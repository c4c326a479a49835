package show

import (
	"strconv"
	"time"

	"github.com/tracerec/tracerec/format"
)

// Options say how values are shown. The zero value shows times in ns.
type Options struct {
	Time  TimeStyle
	Zone  *time.Location // of TimeLocal; nil is the zone of this machine
	Clock format.Clock   // ties trace time to wall time
	Start int64          // trace time that TimeRel counts from
	ABI   format.ABI     // of rows that name none
	Host  string         // that the rows are of
	Color bool
	// TaskWidth pads "[pid/tid comm]" of a row, so that lines align.
	TaskWidth int
}

// For returns the options that suit a recording: times from its begin, its
// wall clock, its machine's syscall table.
func For(h *format.Header) Options {
	o := Options{Time: TimeRel, Clock: h.Clock, Start: h.Clock.Boottime, ABI: format.ABIAMD64, Host: h.Host}
	switch h.Machine {
	case "aarch64", "arm64":
		o.ABI = format.ABIARM64
	case "arm", "armv6l", "armv7l", "armv8l":
		o.ABI = format.ABIARM32
	case "i386", "i486", "i586", "i686":
		o.ABI = format.ABIIA32
	}
	return o
}

func (o *Options) abi(a format.ABI) format.ABI {
	if a == format.ABINone && o != nil {
		return o.ABI
	}
	return a
}

// Int appends the text of an integer of kind k. The ABI matters for syscall
// numbers and open flags. o may be nil.
func Int(dst []byte, k format.Kind, v int64, abi format.ABI, o *Options) []byte {
	if o == nil {
		o = &Options{}
	}
	switch k {
	case format.KindTime:
		return o.AppendTime(dst, v)
	case format.KindDuration:
		return AppendDuration(dst, v)
	case format.KindEvent:
		return append(dst, EventName(format.EventID(v))...)
	case format.KindRowFlags:
		return bits(dst, uint64(v), rowFlagNames, ",")
	case format.KindSyscall:
		return append(dst, Syscall(o.abi(abi), int32(v))...)
	case format.KindABI:
		return append(dst, ABI(format.ABI(v))...)
	case format.KindRet:
		return AppendRet(dst, v)
	case format.KindArg, format.KindPointer:
		return appendPointer(dst, uint64(v))
	case format.KindViewStatus:
		return append(dst, Status(format.ViewStatus(v))...)
	case format.KindRungs:
		return bits(dst, uint64(v), rungNames, ",")
	case format.KindVMA:
		return append(dst, VMA(format.VMAClass(v))...)
	case format.KindDev:
		return AppendDev(dst, uint32(v))
	case format.KindMode:
		return AppendMode(dst, uint32(v))
	case format.KindFD, format.KindInt, format.KindPID:
		return strconv.AppendInt(dst, int64(int32(v)), 10)
	case format.KindDirFD:
		if int32(v) == -100 {
			return append(dst, "AT_FDCWD"...)
		}
		return strconv.AppendInt(dst, int64(int32(v)), 10)
	case format.KindOpenFlags:
		return AppendOpenFlags(dst, uint64(v), o.abi(abi))
	case format.KindCloneFlags:
		return AppendCloneFlags(dst, uint64(v))
	case format.KindExitCode:
		return AppendWaitStatus(dst, uint32(v))
	case format.KindLane:
		return append(dst, name(laneNames[:], uint64(v))...)
	case format.KindClass:
		switch format.Class(v) {
		case format.ClassDamaged:
			return append(dst, "damaged"...)
		case format.ClassUnrecorded:
			return append(dst, "unrecorded"...)
		case format.ClassUnwritten:
			return append(dst, "unwritten"...)
		}
		return append(dst, name(classNames[:], uint64(v))...)
	case format.KindSignal:
		if v == 0 {
			return append(dst, '0')
		}
		return append(dst, Signal(int(int32(v)))...)
	case format.KindUserDev:
		return appendUserDev(dst, uint64(v))
	case format.KindLong, format.KindOffset, format.KindNone, format.KindText, format.KindPath, format.KindArgv,
		format.KindSockAddr, format.KindOpenHow, format.KindComm:
		return strconv.AppendInt(dst, v, 10)
	}
	if k == format.KindCapSet {
		return AppendCapSet(dst, uint64(v))
	}
	if w := wordsOf(k); w != nil {
		return w.append(dst, uint64(v))
	}
	// Ids, counts, sizes and sequence numbers are plain and never negative.
	return strconv.AppendUint(dst, uint64(v), 10)
}

// Bytes appends the text of a byte string of kind k. A nil v is null: "-".
func Bytes(dst []byte, k format.Kind, v []byte, abi format.ABI, o *Options) []byte {
	if v == nil {
		return append(dst, '-')
	}
	switch k {
	case format.KindArgv, format.KindEnv:
		dst = append(dst, '[')
		dst = AppendArgv(dst, v)
		return append(dst, ']')
	case format.KindSockAddr, format.KindMsgName:
		return AppendSockAddr(dst, v)
	case format.KindMsgNames:
		return appendMessages(dst, v)
	case format.KindGIDs, format.KindFDs, format.KindRights:
		return appendGIDs(dst, v)
	case format.KindOpenHow:
		return AppendOpenHow(dst, v, o.abi(abi))
	case format.KindComm:
		return AppendEscape(dst, v)
	case format.KindSiginfo:
		return appendSiginfo(dst, v, o.abi(abi))
	}
	if dst, ok := appendHookBytes(dst, k, v); ok {
		return dst
	}
	if l := structs[k]; l != nil {
		return appendStruct(dst, l, v, abi)
	}
	return AppendQuote(dst, v)
}

// Text is Bytes as a string, for an ABI of no matter.
func Text(k format.Kind, v []byte) string { return string(Bytes(nil, k, v, format.ABINone, nil)) }

// IntText is Int as a string.
func IntText(k format.Kind, v int64, abi format.ABI) string {
	return string(Int(nil, k, v, abi, nil))
}

// appendPointer keeps small numbers legible: raw arguments are often counts
// and descriptors.
func appendPointer(dst []byte, v uint64) []byte {
	if v == 0 {
		return append(dst, '0')
	}
	return strconv.AppendUint(append(dst, "0x"...), v, 16)
}

// appendUserDev appends a dev_t of user space as mknod(2) takes it, in the
// layout of the C library's makedev.
func appendUserDev(dst []byte, dev uint64) []byte {
	major, minor := dev>>8&0xfff|dev>>32&^0xfff, dev&0xff|dev>>12&0xffffff00
	dst = append(appendPointer(append(dst, "makedev("...), major), ", "...)
	return append(appendPointer(dst, minor), ')')
}

// AppendDev appends a kernel dev_t as major:minor.
func AppendDev(dst []byte, dev uint32) []byte {
	dst = strconv.AppendUint(dst, uint64(dev>>20), 10)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(dev&(1<<20-1)), 10)
}
