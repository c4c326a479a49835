package analyze

import "github.com/tracerec/tracerec/format/show"

// Linux' numbers, whatever system the analyzer runs on.
const (
	eNOENT       = 2
	e2BIG        = 7
	eBADF        = 9
	eFAULT       = 14
	eINVAL       = 22
	eNAMETOOLONG = 36
	eNOSYS       = 38
	eNOTSOCK     = 88
)

// earlyErrnos are how a call ends before the kernel has the value: bad
// pointer, bad length, bad descriptor, bad flags.
var earlyErrnos = map[int64]bool{
	e2BIG: true, eBADF: true, eFAULT: true, eINVAL: true, eNAMETOOLONG: true, eNOSYS: true, eNOTSOCK: true,
}

func errnoName(ret int64) string {
	if ret >= 0 || ret < -4095 {
		return ""
	}
	return show.Errno(-ret)
}
