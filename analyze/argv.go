package analyze

import (
	"bytes"

	"github.com/tracerec/tracerec/format"
)

// script is what exec and bprm rows say about how argv was made.
type script struct {
	known    bool   // such a row was there
	is       bool   // an interpreter was put before
	filename []byte // bprm->filename, which the interpreter is given; nil when equal to the path shown at enter
}

// compareArgv compares an argv as shown at enter with that of the new image.
// whole is false when one of them was cut off.
//
//  1. Equal bytes are equal, whatever was run.
//  2. An empty argv becomes one empty string (Linux 5.18).
//  3. Of a script, argv[0] is replaced: interpreter, its argument and the script's name
//     come first (several times when nested; binfmt_misc may keep argv[0]), and
//     argv[1:] is the tail of what runs. That tail is compared, and that the
//     script's name stands right before it, so that the tail of another
//     command line is not taken for it.
//  4. Without a row that tells a script from a program, a tail that fits
//     proves nothing, and only that is said.
func compareArgv(enter, kernel []byte, whole bool, name []byte, s script) (relation, why) {
	if bytes.Equal(enter, kernel) {
		if whole {
			return equal, whyEqual
		}
		return equalPrefix, whyEqualPrefix
	}
	if len(enter) == 0 && len(kernel) == 1 && kernel[0] == 0 {
		return equal, whyEqualEmptyArgv
	}
	if !s.is && !whole {
		if bytes.HasPrefix(enter, kernel) || bytes.HasPrefix(kernel, enter) {
			return equalPrefix, whyEqualPrefix
		}
	}
	argv0, tail := cutString(enter)
	head, fits := bytes.CutSuffix(kernel, tail)
	fits = fits && len(head) > 0 && head[len(head)-1] == 0
	switch {
	case s.is && !whole:
		return unrelated, whyTruncated
	case s.is && !fits:
		return differs, whyDiffersTail
	case s.is:
		if s.filename != nil {
			name = s.filename
		}
		before, last := cutLastString(head)
		if bytes.Equal(last, name) {
			return equal, whyEqualTail
		}
		if _, last2 := cutLastString(before); bytes.Equal(last, argv0) && bytes.Equal(last2, name) {
			return equal, whyEqualTail
		}
		return unrelated, whyScriptUnknown
	case !s.known && fits && bytes.Count(head, nul) >= 2:
		return unrelated, whyScriptUnknown
	}
	return differs, whyDiffers
}

var nul = []byte{0}

// cutString takes the first string off an argv block.
func cutString(argv []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(argv, nul)
	return first, rest
}

// cutLastString takes the last string, which ends in a NUL, off an argv block.
func cutLastString(argv []byte) (rest, last []byte) {
	if len(argv) == 0 {
		return nil, nil
	}
	argv = argv[:len(argv)-1]
	at := bytes.LastIndexByte(argv, 0) + 1
	return argv[:at], argv[at:]
}

// splitArgv gives the strings of an argv block; the last may be cut off.
func splitArgv(argv []byte) [][]byte {
	if len(argv) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(argv, nul), nul)
}

// cutArgv treats an argv that fills all the room there is as cut off, and
// takes the NUL off its end: reading a string cuts it with a NUL of its own.
func (v *seen) cutArgv() {
	if v.status == format.ViewOK && len(v.bytes) >= format.ArgvMax {
		v.status = format.ViewTruncated
	}
	if v.status == format.ViewTruncated {
		v.bytes = bytes.TrimSuffix(v.bytes, nul)
	}
}
