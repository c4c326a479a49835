// Command gen writes bpf/c/events.h, the C side of the event table, from
// package format.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/tracerec/tracerec/format"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], header(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func header() []byte {
	var b bytes.Buffer
	p := func(f string, args ...any) { fmt.Fprintf(&b, f+"\n", args...) }

	p("/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */")
	p("/* Generated from the tables of package format by bpf/gen. Do not edit. */")
	p("#pragma once\n")

	enum(p, "VIEW", []constant{
		{"NONE", int(format.ViewNone)}, {"OK", int(format.ViewOK)}, {"SAME", int(format.ViewSame)},
		{"TRUNCATED", int(format.ViewTruncated)}, {"UNREADABLE", int(format.ViewUnreadable)}, {"NULL", int(format.ViewNull)},
		{"REPLACED", int(format.ViewReplaced)}, {"LOST", int(format.ViewLost)}, {"ELSEWHERE", int(format.ViewElsewhere)},
	})
	enum(p, "RUNG", []constant{
		{"LSM", int(format.RungLSM)}, {"FENTRY", int(format.RungFentry)}, {"KPROBE", int(format.RungKprobe)},
		{"PUTNAME", int(format.RungPutname)}, {"EXEC", int(format.RungExec)}, {"CGROUP", int(format.RungCgroup)}, {"OBJECT", int(format.RungObject)},
		{"TRACE", int(format.RungTrace)},
	})
	enum(p, "ABI", []constant{
		{"AMD64", int(format.ABIAMD64)}, {"IA32", int(format.ABIIA32)}, {"X32", int(format.ABIX32)}, {"ARM64", int(format.ABIARM64)}, {"ARM32", int(format.ABIARM32)},
	})
	enum(p, "VMA", []constant{
		{"UNKNOWN", int(format.VMAUnknown)}, {"UNMAPPED", int(format.VMAUnmapped)}, {"FILE_RO", int(format.VMAFileRO)}, {"FILE_RW", int(format.VMAFileRW)},
		{"ANONYMOUS", int(format.VMAAnonymous)}, {"UFFD", int(format.VMAUffd)}, {"SHMEM", int(format.VMAShmem)},
	})
	enum(p, "FLAG", []constant{
		{"NO_ENTER", int(format.FlagNoEnter)}, {"NO_EXIT", int(format.FlagNoExit)}, {"IO_WORKER", int(format.FlagIOWorker)}, {"KERNEL", int(format.FlagKernel)},
		{"INITIAL", int(format.FlagInitial)}, {"THREAD", int(format.FlagThread)}, {"SHARED_VM", int(format.FlagSharedVM)}, {"RESTARTED", int(format.FlagRestarted)},
		{"LATE_ARGS", int(format.FlagLateArgs)}, {"ARGS_CHANGED", int(format.FlagArgsChanged)},
	})
	enum(p, "LANE", []constant{{"WITNESS", int(format.LaneWitness)}, {"PLAIN", int(format.LanePlain)}, {"COUNT", int(format.NumLanes)}})
	enum(p, "CLASS", []constant{
		{"CALL", int(format.ClassCall)}, {"VIEW", int(format.ClassView)}, {"WITNESS", int(format.ClassWitness)}, {"PROCESS", int(format.ClassProcess)}, {"COUNT", int(format.NumClasses)},
	})
	enum(p, "SIDE", []constant{{"ENTER", int(format.ViewEnter)}, {"KERNEL", int(format.ViewKernel)}, {"EXIT", int(format.ViewExit)}})
	enum(p, "CAPTURE", []constant{
		{"BYTES", int(format.CaptureBytes)}, {"PATH", int(format.CapturePath)}, {"STRING", int(format.CaptureString)}, {"ARGV", int(format.CaptureArgv)},
		{"SOCKADDR", int(format.CaptureSockAddr)}, {"MSG_NAME", int(format.CaptureMsgName)}, {"MSG_NAMES", int(format.CaptureMsgNames)},
		{"HANDLE", int(format.CaptureHandle)}, {"RIGHTS", int(format.CaptureRights)},
	})
	enum(p, "FORM", []constant{{"FULL", int(format.FormFull)}, {"SHORT", int(format.FormShort)}, {"TWO", int(format.FormTwo)}, {"BRIEF", int(format.FormBrief)}, {"VIEWS", int(format.FormViews)}})
	enum(p, "OBJECT", []constant{
		{"NONE", int(format.ObjectNone)}, {"RET_FD", int(format.ObjectRetFD)}, {"PEER", int(format.ObjectPeer)}, {"BOUND", int(format.ObjectBound)}, {"SELF", int(format.ObjectSelf)},
		{"SEND", int(format.ObjectSend)}, {"STAT", int(format.ObjectStat)}, {"STAT64", int(format.ObjectStat64)}, {"STATX", int(format.ObjectStatx)},
	})
	enum(p, "LIMIT", []constant{
		{"INLINE", format.InlineMax}, {"PATH", format.PathMax}, {"ARGV", format.ArgvMax}, {"ARGC", format.ArgvCount}, {"COMM", format.CommMax}, {"SOCK", format.SockMax},
		{"ABI", int(format.ABIARM32) + 1}, {"VIEWS", format.MaxViews}, {"BYTES", format.BytesMax}, {"MSGS", format.MsgMax}, {"HANDLE", format.HandleMax}, {"RIGHTS", format.RightsMax},
	})

	enum(p, "THROUGH", []constant{
		{"NR", format.ThroughNR}, {"TAKEN", format.ThroughTaken}, {"COUNT", format.ThroughCount}, {"IPC", format.ThroughIPC}, {"OLD", format.ThroughOld},
		{"WORD", format.FromWord},
	})
	enum(p, "SHAPE", []constant{
		{"NONE", int(format.ShapeNone)}, {"CLONE_ARGS", int(format.ShapeCloneArgs)}, {"SIGINFO", int(format.ShapeSiginfo)}, {"CAPS", int(format.ShapeCaps)},
		{"GROUPS", int(format.ShapeGroups)}, {"HOSTNAME", int(format.ShapeHostname)}, {"DOMAINNAME", int(format.ShapeDomainname)}, {"OPEN_HOW", int(format.ShapeOpenHow)},
		{"TIMESPEC", int(format.ShapeTimespec)}, {"TIMEVAL", int(format.ShapeTimeval)}, {"TIMESPECS", int(format.ShapeTimespecs)}, {"TIMEVALS", int(format.ShapeTimevals)},
		{"UTIMBUF", int(format.ShapeUtimbuf)}, {"OPTIONS", int(format.ShapeOptions)}, {"PERF_ATTR", int(format.ShapePerfAttr)}, {"PAYLOAD", int(format.ShapePayload)},
	})
	enum(p, "FACT", []constant{{"EXIT", int(format.FactExit)}, {"FREED", int(format.FactFreed)}})
	enum(p, "WATCH", []constant{{"CRED", int(format.WatchCred)}, {"NS", int(format.WatchNS)}, {"FS", int(format.WatchFS)}, {"IDS", int(format.WatchIDs)}})

	p("enum {")
	for _, e := range format.Events {
		p("\tTR_EVENT_%s = %d,", strings.ToUpper(e.Name), e.ID)
	}
	p("};\n")

	// The self-test counts by program.
	p("enum {")
	n := 0
	for _, e := range format.Events {
		for _, h := range e.Hooks {
			if h.Program != "" {
				p("\tTR_PROG_%s = %d,", strings.ToUpper(h.Program), n)
				n++
			}
		}
	}
	p("\tTR_PROG_COUNT = %d,", n)
	p("};\n")

	p("#define TR_NULL_LEN %#x\n", format.WireNull)
	p("struct tr_header {")
	p("\t__u64 seq;")
	p("\t__u8 lane;")
	p("\t__u8 class;")
	p("\t__u8 form;")
	p("\t__u8 args;")
	p("\t__u16 ident;")
	p("\t__u8 pad0[2];")
	fields(p, format.WireHeader, 16)
	p("};\n")
	brief := func(name string, w format.Wire) {
		p("struct %s {", name)
		p("\t__u64 seq;")
		p("\t__u8 lane;")
		p("\t__u8 class;")
		p("\t__u8 form;")
		p("\t__u8 args;")
		p("\t__u16 ident;")
		fields(p, w, 14)
		p("\t__u64 arg[6];")
		p("};\n")
	}
	brief("tr_brief", format.WireBrief)
	brief("tr_views", format.WireViews)
	for _, e := range format.Events {
		if len(e.Hooks) > 0 && e.Hooks[0].Type == format.HookUser {
			continue
		}
		if e.ID == format.EventNone {
			continue
		}
		p("struct tr_%s {", e.Name)
		p("\tstruct tr_header h;")
		fields(p, format.WireOf(e.ID), format.WireHeader.Size)
		p("};")
		p("#define tr_id_%s %d", e.Name, e.ID)
		p("#define tr_null_%s(r) %s\n", e.Name, nulls(format.WireOf(e.ID)))
		if e.ID == format.EventSyscall {
			p("#define TR_SHORT_SYSCALL %d /* bytes before slots and object */", format.WireOf(e.ID).Ends[format.FormShort])
			p("#define TR_TWO_SYSCALL %d /* bytes before the third slot */\n", format.WireOf(e.ID).Ends[format.FormTwo])
		}
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// nulls sets every bytes field of a record to null.
func nulls(w format.Wire) string {
	s := "((void)(r)"
	for _, f := range w.Fields {
		if f.Bytes {
			s += fmt.Sprintf(", (r)->%s_len = TR_NULL_LEN", f.Name)
		}
	}
	return s + ")"
}

// constant is one enumerator of the C header.
type constant struct {
	name  string
	value int
}

func enum(p func(string, ...any), prefix string, values []constant) {
	p("enum {")
	for _, c := range values {
		p("\tTR_%s_%s = %d,", prefix, c.name, c.value)
	}
	p("};\n")
}

func fields(p func(string, ...any), w format.Wire, at int) {
	pads := 0
	pad := func(n int) {
		pads++
		p("\t__u8 pad%d[%d];", pads, n)
	}
	for _, f := range w.Fields {
		if f.Offset > at {
			pad(f.Offset - at)
		}
		if f.Bytes && f.Size == format.CommMax {
			p("\tchar %s[%d];", f.Name, f.Size)
		} else {
			suffix := ""
			if f.Bytes {
				suffix = "_len"
			}
			p("\t__u%d %s%s;", f.Size*8, f.Name, suffix)
		}
		at = f.Offset + f.Size
	}
	if w.Size > at {
		pad(w.Size - at)
	}
}
