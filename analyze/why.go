package analyze

import "strings"

// why is the reason behind a verdict, as a number so that the fold can count
// reasons without building text.
type why uint8

const (
	whyNone why = iota

	whyEqual
	whyEqualEndpoint
	whyEqualHead
	whyEqualSunPath
	whyEqualTail
	whyEqualEmptyArgv
	whyEqualPrefix

	whyDiffers
	whyDiffersEndpoint
	whyDiffersMessage
	whyDiffersSunPath
	whyDiffersTail
	whyDiffersUnfinished
	whyDiffersFurther

	whyCopiesDiffer
	whyCopiesDifferUnread
	whyChangedAfter
	whyArgsChanged

	whyUnreadFile
	whyUnreadData
	whyUnreadWritable
	whyUnreadAnonymous
	whyUnreadUffd
	whyUnreadUnmapped
	whyUnreadUnknown
	whyUnreadZero
	whyUnreadSettled

	whyOtherName
	whyScriptObject
	whyOtherPeer
	whyWalkedLink

	whyNull
	whyFailedEarly
	whyFailedExec
	whyFailed
	whyEmptyName
	whyUnreadNothing
	whyUnwitnessable
	whyNoActive
	whyNotFired
	whyObjectAgrees
	whyObjectUnjudged
	whyChangedUnwitnessed

	whyLost
	whyLostDiffers
	whyLostWindow
	whyEvicted
	whyGap
	whyNoEnter
	whyNoExit
	whyNoEnterView
	whyNullButSeen
	whyLeftover
	whyTruncated
	whyObjectOther
	whyWalkedElsewhere
	whySocketOther
	whyScriptUnknown
	whyFamily
	whyMessageUnseen
	whyNoRung

	whyUring
	whyWorker
	whyNoCall
	whyOtherCall
	whyKernelMade
	whyKernelThread
	whyDisagree
	numWhys
)

// whyTexts are sentences; {errno} is the call's result.
var whyTexts = [numWhys]string{
	whyNone:           "",
	whyEqual:          "equal byte for byte",
	whyEqualEndpoint:  "equal in family, address and port, which is all that the witness sees",
	whyEqualSunPath:   "equal in the path, which is all that the witness sees",
	whyEqualTail:      "equal from argv[1] on: a script's interpreter was put before it",
	whyEqualEmptyArgv: "equal: the kernel makes an empty argv one empty string",
	whyEqualPrefix:    "equal in the bytes that were kept and in length",

	whyDiffers:           "the kernel used another value than the program showed at enter, compared byte for byte",
	whyDiffersMessage:    "the address of a message differs in family, address or port from what the program showed at enter",
	whyDiffersEndpoint:   "family, address or port differ from what the program showed at enter: changed in memory, or rewritten by another cgroup program",
	whyDiffersSunPath:    "the kernel looked up another path than the program showed in the sockaddr at enter",
	whyDiffersTail:       "the script's argv[1:] differs from what the program showed at enter",
	whyDiffersUnfinished: "the kernel used another value than the program showed at enter; the call was not seen to return",
	whyDiffersFurther:    "the kernel copied more than once, and every copy differs from what the program showed at enter",

	whyCopiesDiffer:       "the kernel copied the value more than once, and one copy differs from what the program showed at enter",
	whyCopiesDifferUnread: "the kernel copied the value more than once and the copies differ; user memory was unreadable at enter",
	whyArgsChanged:        "the array with the arguments of this socketcall or ipc was changed while the call ran: this argument is what was shown, but which descriptor, length or flags the kernel took is not known",
	whyChangedAfter:       "the kernel used the value shown at enter, but user memory held another when the call returned: a tracer that reads at exit is shown a lie",

	whyUnreadFile:      "user memory was not resident at enter; it maps a file read-only, as literals and untouched pages do",
	whyUnreadData:      "user memory was not resident at enter; it maps a file writable, as initialised data does, and held the kernel's value at exit",
	whyUnreadWritable:  "user memory was not resident at enter; it maps a file writable, and did not hold the kernel's value at exit",
	whyUnreadAnonymous: "user memory was not resident at enter although it is anonymous or shared memory, which was written before",
	whyUnreadUffd:      "user memory was not resident at enter and belongs to a userfaultfd: its handler chose what the kernel would see after the tracer had looked",
	whyUnreadUnmapped:  "nothing was mapped there at enter: another thread mapped it while the call ran",
	whyUnreadUnknown:   "user memory was not resident at enter; the kind of mapping is not known",
	whyUnreadZero:      "user memory was not resident at enter; it is anonymous or shared memory, which holds zeros until it is written: the kernel found the empty string of one that was not",
	whyUnreadSettled:   "user memory was not resident at enter; the kind of mapping is not known, but it held the kernel's value at exit",

	whyOtherName:    "the name is as shown, the object is reached by another: symlink, magic link, bind mount or chroot",
	whyScriptObject: "the name is as shown, what runs is the script's interpreter",
	whyOtherPeer:    "the address is as shown, the socket's peer is another: rewritten on the way, by a cgroup program for example",

	whyWalkedLink: "only the object reached is known; the name leads there over links that the trace shows, so that a changed name would have had to lead there, too",

	whyNull:               "the pointer was NULL",
	whyFailedEarly:        "the call failed with {errno} before the kernel used a value",
	whyFailedExec:         "the call failed with {errno}; this argument has a witness only when it succeeds",
	whyFailed:             "the call failed with {errno} and no active witness saw it",
	whyEmptyName:          "an empty name is refused or not looked up, so no witness sees it",
	whyUnreadNothing:      "user memory was unreadable at enter and no witness saw the kernel's value",
	whyUnwitnessable:      "no witness is known for this argument",
	whyNoActive:           "no witness of this argument was active on this host",
	whyNotFired:           "no witness fired during this call",
	whyObjectAgrees:       "only the object reached is known; it agrees with what was shown, but a swap between two names of one object cannot be seen",
	whyObjectUnjudged:     "only the object reached is known, and what was shown cannot be followed there from the evidence",
	whyChangedUnwitnessed: "user memory changed while the call ran and no witness saw what the kernel used",

	whyLost:            "records of this call were lost",
	whyLostDiffers:     "the values at hand differ, but records of this call were lost",
	whyLostWindow:      "no witness was recorded, and witness records were lost while this call ran",
	whyEvicted:         "the analyzer had to drop witnesses that waited for their call",
	whyGap:             "a damaged part of the file may have held records of this call",
	whyNoEnter:         "there was no enter: seccomp denied the call, or the recording began inside it",
	whyNoExit:          "the call was not seen to return",
	whyNoEnterView:     "the enter view was not taken",
	whyNullButSeen:     "the pointer was NULL at enter, yet a witness saw a value",
	whyLeftover:        "the call failed with EFAULT, and putname alone saw another value: it may be what a copy that failed left behind, which the kernel did not use",
	whyTruncated:       "equal as far as it was kept; the rest was cut off",
	whyObjectOther:     "only the object reached is known, and it is not the one that the name says: a link, or a changed name",
	whyWalkedElsewhere: "only the object reached is known, and following the name by the directories and links that the trace shows leads elsewhere: a link made before the recording or unseen, or a changed name",
	whySocketOther:     "only the socket's own address is known, and it is not the one shown: rewritten on the way, or a changed address",
	whyScriptUnknown:   "argv begins otherwise than the program showed, as a script's does, but what was put before it is not known",
	whyEqualHead:       "equal in the first bytes, which are all that the witness keeps",
	whyMessageUnseen:   "messages were sent whose addresses no witness saw",
	whyFamily:          "the witness cannot compare addresses of this family",
	whyNoRung:          "the row does not say which witness saw the kernel's value",

	whyUring:        "submitted through io_uring: no syscall carried this argument",
	whyWorker:       "done by an io_uring worker or SQPOLL thread: no syscall carried this argument",
	whyNoCall:       "a witness fired while no syscall was in flight",
	whyOtherCall:    "a witness fired inside a syscall whose arguments are not compared",
	whyKernelMade:   "the kernel made this name itself",
	whyKernelThread: "done by a kernel thread",
	whyDisagree:     "a security hook and the freed name look at one copy of the kernel, and report different values: one of the two is tampered with",
}

// explained are reasons for not comparing that hide nothing: the kernel had no value
// to be deceived with, or acted for itself. They do not make evidence incomplete.
var explained = [numWhys]bool{
	whyNull: true, whyFailedEarly: true, whyFailedExec: true, whyEmptyName: true,
	whyUnwitnessable: true, whyNoEnter: true,
	whyKernelMade: true, whyKernelThread: true,
}

func (w why) text(ret int64) string {
	return strings.ReplaceAll(whyTexts[w], "{errno}", errnoName(ret))
}
