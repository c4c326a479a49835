package show

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// Values of si_code that say which members a siginfo has, asm-generic/siginfo.h.
const (
	siUser  = 0
	siQueue = -1
	siTimer = -2
	siMesgQ = -3
	siTkill = -6
)

// appendSiginfo appends a struct siginfo that a call was given, as strace does:
// signal, code, and what a sender of this code fills in. Of other codes, and of
// what is not whole, the bytes stand.
func appendSiginfo(dst, v []byte, abi format.ABI) []byte {
	at, pointer := 16, 8 // of the union, which is aligned to a pointer
	if abi == format.ABIIA32 || abi == format.ABIARM32 {
		at, pointer = 12, 4
	}
	if len(v) < at {
		return AppendQuote(dst, v)
	}
	le := binary.LittleEndian
	code := int32(le.Uint32(v[8:]))
	dst = append(append(dst, "{si_signo="...), Signal(int(int32(le.Uint32(v))))...)
	if errno := int32(le.Uint32(v[4:])); errno != 0 {
		dst = append(append(dst, ", si_errno="...), Errno(int64(errno))...)
	}
	dst = append(dst, ", si_code="...)
	dst = wordsOf(format.KindSigCode).append(dst, uint64(uint32(code)))
	rest := v[at:]
	first, second := "si_pid", "si_uid"
	switch code {
	case siUser, siTkill, siQueue, siMesgQ:
	case siTimer:
		first, second = "si_timerid", "si_overrun"
	default:
		return endSiginfo(dst, rest)
	}
	if len(rest) < 8+pointer {
		return append(AppendQuote(append(dst, ", "...), rest), "…}"...)
	}
	if code == siTimer {
		dst = fmt.Appendf(dst, ", %s=%#x, %s=%d", first, le.Uint32(rest), second, int32(le.Uint32(rest[4:])))
	} else {
		dst = fmt.Appendf(dst, ", %s=%d, %s=%d", first, int32(le.Uint32(rest)), second, le.Uint32(rest[4:]))
	}
	rest = rest[8:]
	if code == siQueue || code == siTimer || code == siMesgQ {
		value := uint64(le.Uint32(rest))
		if pointer == 8 {
			value = le.Uint64(rest)
		}
		dst = appendAddress(fmt.Appendf(dst, ", si_int=%d, si_ptr=", int32(le.Uint32(rest))), value)
		rest = rest[pointer:]
	}
	return endSiginfo(dst, rest)
}

// endSiginfo ends a struct; bytes that should be 0 and are not stand in it.
func endSiginfo(dst, rest []byte) []byte {
	if rest = bytes.TrimRight(rest, "\x00"); len(rest) > 0 {
		dst = AppendQuote(append(dst, ", …"...), rest)
	}
	return append(dst, '}')
}
