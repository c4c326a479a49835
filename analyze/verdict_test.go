package analyze

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

func inet(family uint16, port uint16, addr ...byte) string {
	b := binary.LittleEndian.AppendUint16(nil, family)
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, addr...)
	return string(append(b, make([]byte, 8)...))
}

const (
	lsm     = format.RungLSM
	putname = format.RungPutname
	execed  = format.RungExec
	cgroup  = format.RungCgroup
	object  = format.RungObject
	ok      = format.ViewOK
	same    = format.ViewSame
)

// TestComparisons keeps the code up with the table.
func TestComparisons(t *testing.T) {
	visited := 0
	for c := range format.CompareWhy {
		if comparisonNames[c] == "" || c >= numComparisons {
			t.Errorf("comparison %d of package format (%s) is not known here: add it to compareOne, comparisonNames and docs/verdicts.md", c, format.CompareWhy[c])
		}
		visited++
	}
	if visited < 4 {
		t.Errorf("%d comparisons", visited)
	}
}

// msgs is the addresses of a sendmmsg as one value.
func msgs(addrs ...string) string {
	var b []byte
	for _, a := range addrs {
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(a))), a...)
	}
	return string(b)
}

// keyAlloc and setxattr are rows of security hooks that show what the kernel copied.
func (t *trace) keyAlloc(description, kind string) row {
	return t.witness(format.EventKeyAlloc, "add_key").bytes(format.ColAKernel, description).bytes(format.ColBKernel, kind).set(format.ColARungs, uint64(lsm))
}

func (t *trace) setxattr(name, value string) row {
	return t.witness(format.EventInodeSetxattr, "setxattr").bytes(format.ColAKernel, name).bytes(format.ColBKernel, value).set(format.ColARungs, uint64(lsm))
}

// What sendmmsg did not send, or has no address, is no difference; what was
// sent unseen is no agreement.
func TestMessages(t *testing.T) {
	a, b, c := inet(2, 80, 127, 0, 0, 1), inet(2, 81, 127, 0, 0, 1), inet(2, 82, 127, 0, 0, 1)
	padded := a[:8] + "paddings"
	for _, x := range []struct {
		enter, kernel string
		sent          int64
		want          relation
	}{
		{msgs(a, b), msgs(a, b), 2, equal},
		{msgs(a, b), msgs(padded, b), 2, equal},
		{msgs(a, b), msgs(a, c), 2, differs},
		{msgs(a, b, c), msgs(a, b), 2, equal},
		{msgs(a, b, c), msgs(a, c), 2, differs},
		{msgs(a, b), msgs(a), 2, unrelated},
		{msgs(a, "", c), msgs(a, c), 3, equal},
		{msgs(a, "", c), msgs(a, b), 3, differs},
		{msgs(a, b), msgs(a, b), 1, equal},
		{msgs(a, b), msgs(c, b), 1, differs},
	} {
		if got, _ := compareMessages([]byte(x.enter), []byte(x.kernel), x.sent); got != x.want {
			t.Errorf("enter %q, kernel %q, %d sent: %v, want %v", x.enter, x.kernel, x.sent, got, x.want)
		}
	}
}

// A message without an address has no such argument.
func TestOptionalArgument(t *testing.T) {
	tr := newTrace()
	tr.begin().call("sendto", 1).enterIs(0, format.ViewNull).exitIs(0, format.ViewNull)
	tr.begin().call("connect", -14).enterIs(0, format.ViewNull).exitIs(0, format.ViewNull)
	tr.check(t, "connect.addr unwitnessed info")
}

func TestVerdicts(t *testing.T) {
	web, evil := inet(2, 80, 127, 0, 0, 1), inet(2, 4444, 10, 6, 6, 6)
	how := string(make([]byte, 24))
	cases := []struct {
		name  string
		build func(*trace)
		want  []string
	}{
		// What must be found.
		{"open swapped", func(t *trace) {
			t.open("/tmp/a", 0).kernel(0, "/tmp/b", putname).object("/tmp/b")
		}, []string{"openat.pathname divergent high: byte for byte"}},
		{"open swapped and swapped back, exit like enter", func(t *trace) {
			t.open("/tmp/a", 0).kernel(0, "/tmp/b", putname|lsm).exitIs(0, same)
		}, []string{"openat.pathname divergent high"}},
		{"open swapped to a sensitive file", func(t *trace) {
			t.open("/tmp/a", 0).kernel(0, "/etc/shadow", putname)
		}, []string{"openat.pathname divergent critical"}},
		{"execve path swapped", func(t *trace) {
			r := t.exec("/bin/ls", "ls\x00", "ls\x00", "/bin/bash").kernel(0, "/bin/bash", putname|execed)
			row{t, r.i - 1}.bytes(format.ColAKernel, "/bin/bash")
		}, []string{"execve.pathname divergent critical", "execve.argv consistent info"}},
		{"execve argv swapped", func(t *trace) {
			t.exec("/bin/sh", "sh\x00-c\x00id\x00", "sh\x00-c\x00rm\x00", "/bin/sh")
		}, []string{"execve.pathname consistent info", "execve.argv divergent critical"}},
		{"script argv swapped", func(t *trace) {
			t.exec("./s.sh", "s\x00a\x00", "/bin/sh\x00./s.sh\x00b\x00", "/bin/sh")
		}, []string{"execve.pathname redirected info: interpreter", "execve.argv divergent critical: argv[1:]"}},
		{"failed execve swapped", func(t *trace) {
			t.begin().call("execve", -2).enter(0, "/bin/ls").kernel(0, "/bin/xx", putname).exitIs(0, same).
				enter(1, "ls\x00").exitIs(1, same)
		}, []string{"execve.pathname divergent critical", "execve.argv unwitnessed info: ENOENT"}},
		{"add_key swapped", func(t *trace) {
			t.begin().keyAlloc("_ses", "keyring")
			t.keyAlloc("other", "user")
			t.call("add_key", 7).enter(0, "user").exitIs(0, same).enter(1, "mine").exitIs(1, same).enterIs(2, format.ViewNull)
		}, []string{"add_key.type consistent info", "add_key.description divergent high"}},
		{"xattr swapped", func(t *trace) {
			t.begin().setxattr("trusted.b", "evil")
			t.call("setxattr", 0).enter(0, "/tmp/a").same(0, putname).exitIs(0, same).enter(1, "trusted.a").exitIs(1, same).enter(2, "good").exitIs(2, same)
		}, []string{"setxattr.pathname consistent info", "setxattr.name divergent high", "setxattr.value divergent high"}},
		{"second message of sendmmsg swapped", func(t *trace) {
			t.begin().call("sendmmsg", 2).enter(0, msgs(web, web)).kernel(0, msgs(web, evil), cgroup).exitIs(0, same)
		}, []string{"sendmmsg.msgvec divergent medium: address of a message"}},
		{"sendto swapped", func(t *trace) {
			t.begin().call("sendto", 1).enter(0, web).kernel(0, evil, cgroup).exitIs(0, same)
		}, []string{"sendto.dest_addr divergent medium"}},
		{"connect swapped", func(t *trace) {
			t.begin().call("connect", 0).enter(0, web).kernel(0, evil, lsm).exitIs(0, same)
		}, []string{"connect.addr divergent high"}},
		{"connect swapped, seen by a cgroup program only", func(t *trace) {
			t.begin().call("connect", 0).enter(0, web).kernel(0, evil, cgroup).exitIs(0, same)
		}, []string{"connect.addr divergent medium: family, address or port"}},
		{"connect to another path", func(t *trace) {
			t.begin().call("connect", 0).enter(0, "\x01\x00/run/a\x00").kernel(0, "\x01\x00/run/b\x00", putname).exitIs(0, same)
			t.begin().call("connect", 0).enter(0, "\x02\x00/run/a\x00").kernel(0, "\x01\x00/run/a\x00", putname).exitIs(0, same)
		}, []string{"connect.addr divergent high: another path", "connect.addr divergent high: another path"}},
		{"changed after use", func(t *trace) {
			t.open("/tmp/a", putname).exit(0, "/tmp/b")
		}, []string{"openat.pathname post-use-change medium"}},
		{"two copies differ", func(t *trace) {
			t.begin().view(0, "/tmp/b", lsm, testPointer)
			t.call("openat", 3).enter(0, "/tmp/a").same(0, putname).object("/tmp/b")
		}, []string{"openat.pathname multiple-copies high: more than once", "openat.pathname disagreement high: one of the two"}},
		{"two copies, the second as shown", func(t *trace) {
			t.begin().view(0, "", lsm, 0).set(format.ColAKernelStatus, uint64(same)).set(format.ColAKernel, 0)
			t.call("openat", 3).enter(0, "/tmp/a").kernel(0, "/tmp/b", putname).exitIs(0, same)
			t.begin().view(0, "", lsm, 0).set(format.ColAKernelStatus, uint64(same)).set(format.ColAKernel, 0)
			t.call("execve", -2).enter(0, "/tmp/a").kernel(0, "/tmp/b", putname).exitIs(0, same).enterIs(1, format.ViewNull)
		}, []string{"openat.pathname multiple-copies high", "openat.pathname disagreement high: one of the two", "execve.pathname multiple-copies critical", "execve.pathname disagreement high", "execve.argv unwitnessed info"}},
		{"two copies, both other than shown", func(t *trace) {
			t.begin().view(0, "/tmp/c", lsm, testPointer)
			t.call("openat", 3).enter(0, "/tmp/a").kernel(0, "/tmp/b", putname).exitIs(0, same)
		}, []string{"openat.pathname divergent high: every copy differs", "openat.pathname disagreement high: one of the two"}},
		{"second copy in a file_open row only", func(t *trace) {
			t.begin().witness(format.EventFileOpen, "openat").bytes(format.ColAKernel, "/tmp/b").
				set(format.ColAKernelStatus, uint64(ok)).set(format.ColARungs, uint64(lsm)).set(format.ColArg0, testPointer)
			t.call("openat", 3).enter(0, "/tmp/a").same(0, putname).object("/tmp/a")
		}, []string{"openat.pathname multiple-copies high", "openat.pathname disagreement high: one of the two"}},
		{"not resident, userfaultfd", func(t *trace) {
			t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAUffd).kernel(0, "/tmp/b", putname)
		}, []string{"openat.pathname unreadable high: userfaultfd"}},
		{"not resident, anonymous", func(t *trace) {
			t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAAnonymous).kernel(0, "/tmp/b", putname)
		}, []string{"openat.pathname unreadable medium"}},
		{"mapped during the call", func(t *trace) {
			t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAUnmapped).kernel(0, "/tmp/b", putname)
		}, []string{"openat.pathname unreadable medium"}},
		{"not resident, copies differ", func(t *trace) {
			t.begin().view(0, "/tmp/c", lsm, testPointer)
			t.call("openat", 3).enterIs(0, format.ViewUnreadable).vma(0, format.VMAFileRO).kernel(0, "/tmp/b", putname)
		}, []string{"openat.pathname multiple-copies high", "openat.pathname disagreement high: one of the two"}},
		{"changed while nobody saw", func(t *trace) {
			t.begin().call("openat2", 3).enter(0, "/tmp/a").same(0, putname).object("/tmp/a").
				enter(1, how).exit(1, "\x01"+how[1:])
		}, []string{"openat2.pathname consistent info", "openat2.how unwitnessed medium: no witness saw"}},
		{"prefix differs", func(t *trace) {
			t.open("/tmp/a", 0).enterIs(0, format.ViewTruncated).length(0, 5000).kernel(0, "/tmp/b", putname)
		}, []string{"openat.pathname divergent high"}},
		{"non-UTF-8 byte differs", func(t *trace) {
			t.open("/tmp/\xff", 0).kernel(0, "/tmp/\xfe", putname)
		}, []string{"openat.pathname divergent high"}},
		{"differs and never returned", func(t *trace) {
			t.open("/tmp/a", 0).kernel(0, "/tmp/b", putname).exitIs(0, format.ViewNone).flags(format.FlagNoExit)
		}, []string{"openat.pathname divergent high: not seen to return"}},

		// What must not be.
		{"open", func(t *trace) { t.open("/tmp/a", putname|lsm) }, []string{"openat.pathname consistent info"}},
		{"symlink", func(t *trace) {
			t.open("/tmp/lnk", putname|lsm).object("/home/f")
		}, []string{"openat.pathname redirected info: symlink"}},
		{"relative symlink", func(t *trace) {
			t.open("lnk", putname).object("/home/f")
		}, []string{"openat.pathname redirected info"}},
		{"relative, dots, slashes", func(t *trace) {
			t.open("f", putname).object("/w/f")
			t.open("./f", putname).object("/w/f")
			t.open("d/../f", putname).object("/w/f")
			t.open("..", putname).object("/w")
			t.open(".", putname).object("/w")
			t.open("/w//./d/../f/", putname).object("/w/f")
			t.open("/", putname).object("/")
			t.open("/../w", putname).object("/w")
		}, []string{
			"openat.pathname consistent info", "openat.pathname consistent info", "openat.pathname consistent info",
			"openat.pathname consistent info", "openat.pathname consistent info", "openat.pathname consistent info",
			"openat.pathname consistent info", "openat.pathname consistent info",
		}},
		{"magic link, O_TMPFILE, deleted, memfd", func(t *trace) {
			t.open("/proc/self/exe", putname).object("/t/benign")
			t.open("/tmp", putname).object("/tmp/#1029 (deleted)")
			t.open("/w/gone", putname).object("/w/gone (deleted)")
			t.open("/proc/self/fd/3", putname).object("/memfd:payload (deleted)")
		}, []string{
			"openat.pathname redirected info", "openat.pathname redirected info",
			"openat.pathname consistent info", "openat.pathname redirected info",
		}},
		{"fails like any other", func(t *trace) {
			t.begin().call("openat", -2).enter(0, "/nope").same(0, putname)
		}, []string{"openat.pathname consistent info"}},
		{"NULL", func(t *trace) {
			t.begin().call("openat", -14).enterIs(0, format.ViewNull).exitIs(0, format.ViewNull)
		}, []string{"openat.pathname unwitnessed info: NULL"}},
		{"bad address", func(t *trace) {
			t.begin().call("openat", -14).enterIs(0, format.ViewUnreadable).vma(0, format.VMAUnmapped).exitIs(0, format.ViewUnreadable)
		}, []string{"openat.pathname unwitnessed info: failed with EFAULT before"}},
		// Without a pointer in struct filename (7.x) putname's witness sees the memory of a copy that failed.
		{"bad address, leftover", func(t *trace) {
			t.begin().call("openat", -14).enterIs(0, format.ViewUnreadable).vma(0, format.VMAUnmapped).kernel(0, "", putname).exitIs(0, format.ViewUnreadable)
			t.begin().call("openat", -14).enterIs(0, format.ViewUnreadable).vma(0, format.VMAAnonymous).kernel(0, "xxxx", putname).exitIs(0, format.ViewUnreadable)
			t.begin().call("openat", -14).enterIs(0, format.ViewNull).kernel(0, "/tmp/old", putname).exitIs(0, format.ViewNull)
			t.begin().call("openat", -14).enter(0, "/tmp/a").kernel(0, "/tm", putname).exitIs(0, format.ViewUnreadable)
			t.begin().call("newfstatat", -14).enter(0, "/tmp/a").same(0, putname)
			t.begin().call("openat", -14).enter(0, "/tmp/a").kernel(0, "/tmp/b", putname|lsm)
		}, []string{
			"openat.pathname unwitnessed info: failed with EFAULT before", "openat.pathname unwitnessed info: failed with EFAULT before",
			"openat.pathname unwitnessed info: NULL", "openat.pathname inconclusive info: a copy that failed left behind",
			"newfstatat.pathname consistent info", "openat.pathname divergent medium",
		}},
		{"name too long", func(t *trace) {
			t.begin().call("openat", -36).enter(0, strings.Repeat("a", 4096)).enterIs(0, format.ViewTruncated).exitIs(0, format.ViewTruncated)
		}, []string{"openat.pathname unwitnessed info: ENAMETOOLONG"}},
		{"component too long", func(t *trace) {
			t.begin().call("openat", -36).enter(0, strings.Repeat("a", 300)).same(0, putname)
		}, []string{"openat.pathname consistent info"}},
		{"empty name", func(t *trace) {
			t.begin().call("execveat", 0).enter(0, "").exitIs(0, format.ViewReplaced).enterIs(1, format.ViewNull)
		}, []string{"execveat.pathname unwitnessed info: empty name", "execveat.argv unwitnessed info: NULL"}},
		{"empty name, not resident", func(t *trace) {
			t.begin().call("openat", -2).enterIs(0, format.ViewUnreadable).vma(0, format.VMAAnonymous).exit(0, "")
		}, []string{"openat.pathname unwitnessed info: empty name"}},
		{"never written", func(t *trace) {
			t.begin().call("openat", -2).enterIs(0, format.ViewUnreadable).vma(0, format.VMAAnonymous).kernel(0, "", putname).exit(0, "")
			t.begin().call("openat", -2).enterIs(0, format.ViewUnreadable).vma(0, format.VMAAnonymous).kernel(0, "a", putname).exit(0, "a")
		}, []string{"openat.pathname unreadable info: holds zeros", "openat.pathname unreadable medium"}},
		{"not resident, file", func(t *trace) {
			t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAFileRO).kernel(0, "/tmp/b", putname).exit(0, "/tmp/b")
		}, []string{"openat.pathname unreadable info"}},
		{"not resident, initialised data", func(t *trace) {
			t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAFileRW).kernel(0, "/etc/passwd", putname).exit(0, "/etc/passwd")
			t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAFileRW).kernel(0, "/tmp/a", putname).exit(0, "/tmp/b")
		}, []string{"openat.pathname unreadable info", "openat.pathname unreadable low"}},
		{"not resident, unknown, settled", func(t *trace) {
			t.open("x", 0).enterIs(0, format.ViewUnreadable).kernel(0, "/tmp/b", putname).exit(0, "/tmp/b")
		}, []string{"openat.pathname unreadable info"}},
		{"script", func(t *trace) {
			t.exec("./s.sh", "s\x00a\x00b\x00", "/bin/busybox\x00sh\x00./s.sh\x00a\x00b\x00", "/bin/busybox")
		}, []string{"execve.pathname redirected info", "execve.argv consistent info: argv[1]"}},
		{"nested script", func(t *trace) {
			t.exec("./s1", "s1\x00a\x00", "/bin/sh\x00./s2\x00./s1\x00a\x00", "/bin/sh")
		}, []string{"execve.pathname redirected info", "execve.argv consistent info: argv[1]"}},
		{"script by descriptor", func(t *trace) {
			t.begin().witness(format.EventExec, "execveat").bytes(format.ColAKernel, "/dev/fd/3").bytes(format.ColAEnter, "/bin/busybox").
				bytes(format.ColBKernel, "/bin/busybox\x00sh\x00/dev/fd/3\x00").set(format.ColBKernelStatus, uint64(ok))
			t.call("execveat", 0).enter(0, "").exitIs(0, format.ViewReplaced).enter(1, "s.sh\x00").exitIs(1, format.ViewReplaced)
		}, []string{"execveat.pathname unwitnessed info", "execveat.argv consistent info: argv[1]"}},
		{"binfmt_misc keeping argv[0]", func(t *trace) {
			t.exec("/t/a.foo", "foo\x00x\x00", "/bin/qemu\x00/t/a.foo\x00foo\x00x\x00", "/bin/qemu")
		}, []string{"execve.pathname redirected info", "execve.argv consistent info"}},
		{"empty argv", func(t *trace) {
			t.exec("/bin/true", "", "\x00", "/bin/true")
			t.exec("/bin/true", "", "\x00", "/bin/true").enterIs(1, format.ViewNull)
		}, []string{
			"execve.pathname consistent info", "execve.argv consistent info: empty argv",
			"execve.pathname consistent info", "execve.argv consistent info: empty argv",
		}},
		{"argv from the exec row alone", func(t *trace) {
			r := t.exec("/bin/true", "true\x00", "true\x00", "/bin/true")
			r.kernelIs(1, format.ViewNone).set(format.ColBRungs, 0)
		}, []string{"execve.pathname consistent info", "execve.argv consistent info"}},
		{"execve fails with EFAULT", func(t *trace) {
			t.begin().call("execve", -14).enterIs(0, format.ViewUnreadable).enterIs(1, format.ViewUnreadable)
		}, []string{"execve.pathname unwitnessed info: EFAULT", "execve.argv unwitnessed info: EFAULT"}},
		{"interpreter opened by the kernel", func(t *trace) {
			t.begin().witness(format.EventFileOpen, "execve").bytes(format.ColAKernel, "/lib64/ld-linux.so.2").
				set(format.ColAKernelStatus, uint64(ok)).set(format.ColARungs, uint64(lsm))
			t.view(0, "/bin/sh", putname, 0)
			t.call("execve", 0).enter(0, "/bin/true").same(0, putname|lsm).exitIs(0, format.ViewReplaced).
				enter(1, "true\x00").kernelIs(1, same).set(format.ColBRungs, uint64(execed)).exitIs(1, format.ViewReplaced).object("/bin/true")
		}, []string{"execve.pathname consistent info", "execve.argv consistent info"}},
		{"connect", func(t *trace) {
			t.begin().call("connect", 0).enter(0, web).same(0, lsm|cgroup).object(web)
			t.begin().call("connect", -115).enter(0, web).same(0, cgroup).object("\x02\x00")
		}, []string{"connect.addr consistent info", "connect.addr consistent info"}},
		{"connect, padding not seen by a cgroup program", func(t *trace) {
			t.begin().call("connect", 0).enter(0, web[:8]+"garbage!").kernel(0, web, cgroup).exitIs(0, same)
		}, []string{"connect.addr consistent info: family, address and port"}},
		{"connect rewritten by a cgroup program", func(t *trace) {
			t.begin().view(0, evil, cgroup, testPointer)
			t.call("connect", 0).enter(0, web).same(0, lsm).object(evil)
		}, []string{"connect.addr redirected info: rewritten"}},
		{"connect to any, v4 mapped", func(t *trace) {
			mapped := inet(10, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1)
			t.begin().call("connect", 0).enter(0, inet(2, 80, 0, 0, 0, 0)).same(0, lsm).object(web)
			t.begin().call("connect", 0).enter(0, mapped).same(0, lsm).object(web)
		}, []string{"connect.addr consistent info", "connect.addr consistent info"}},
		{"unix sockets", func(t *trace) {
			t.begin().call("connect", 0).enter(0, "\x01\x00\x00abs\x00tract").same(0, lsm)
			t.begin().call("bind", 0).enter(0, "\x01\x00").same(0, lsm).object("\x01\x00\x0000001")
			t.begin().call("connect", 0).enter(0, "\x01\x00"+strings.Repeat("p", 108)).same(0, lsm)
		}, []string{"connect.addr consistent info", "bind.addr consistent info", "connect.addr consistent info"}},
		{"unix path, rubbish behind its NUL", func(t *trace) {
			t.begin().call("bind", 0).enter(0, "\x01\x00/run/a\x00xyz").kernel(0, "\x01\x00/run/a\x00", putname).exitIs(0, same)
		}, []string{"bind.addr consistent info: in the path"}},
		{"bind to port 0", func(t *trace) {
			t.begin().call("bind", 0).enter(0, inet(2, 0, 0, 0, 0, 0)).same(0, lsm).object(inet(2, 40001, 0, 0, 0, 0))
		}, []string{"bind.addr consistent info"}},
		{"bind of AF_UNSPEC", func(t *trace) {
			t.begin().call("bind", 0).enter(0, inet(0, 99, 0, 0, 0, 0)).kernel(0, inet(2, 99, 0, 0, 0, 0), cgroup).exitIs(0, same)
		}, []string{"bind.addr consistent info"}},
		{"connect with a length too long", func(t *trace) {
			t.begin().call("connect", -22).enter(0, strings.Repeat("\x02", 128)).exitIs(0, same)
		}, []string{"connect.addr unwitnessed info: EINVAL"}},
		{"restarted call", func(t *trace) {
			t.begin().call("connect", -512).enter(0, web).same(0, lsm).flags(format.FlagRestarted)
			t.begin().call("connect", 0).enter(0, web).same(0, lsm)
		}, []string{"connect.addr consistent info", "connect.addr consistent info"}},
		{"buffer reused by the next call", func(t *trace) {
			t.open("/tmp/a", putname)
			t.open("/tmp/b", putname)
		}, []string{"openat.pathname consistent info", "openat.pathname consistent info"}},
		// What cannot be said.
		{"only the object is known", func(t *trace) {
			t.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same).object("/tmp/a")
			t.begin().call("openat", 3).enter(0, "/tmp/lnk").exitIs(0, same).object("/home/f")
			t.begin().call("openat", 3).enter(0, "a").exitIs(0, same).object("/tmp/a")
			t.begin().call("openat", 3).enter(0, "/tmp/lnk").kernel(0, "/home/f", object).exitIs(0, same).object("/home/f")
		}, []string{
			"openat.pathname unwitnessed info: swap between two names", "openat.pathname inconclusive info: a link, or a changed name",
			"openat.pathname unwitnessed info: cannot be followed", "openat.pathname inconclusive info: a link, or a changed name",
		}},
		{"long argv, cut off and equal", func(t *trace) {
			t.exec("/bin/cc", "cc\x00-o", "cc\x00-o", "/bin/cc").enterIs(1, format.ViewTruncated).length(1, 9000)
			t.exec("/bin/cc", "cc\x00-o", "cc\x00-p", "/bin/cc").enterIs(1, format.ViewTruncated).kernelIs(1, format.ViewTruncated)
		}, []string{
			"execve.pathname consistent info", "execve.argv inconclusive info: cut off",
			"execve.pathname consistent info", "execve.argv divergent critical",
		}},
		{"only the socket is known", func(t *trace) {
			abstract := func(name string) string { return "\x01\x00\x00" + name }
			connect := func(asked, peer string) { t.begin().call("connect", 0).enter(0, asked).exitIs(0, same).object(peer) }
			connect(abstract("a"), abstract("a"))
			connect(abstract("a"), abstract("b"))
			connect("\x01\x00/run/link", "\x01\x00/run/a")
			connect("\x01\x00/run/a", abstract("a"))
			connect(web, web)
			connect(web, evil)
		}, []string{
			"connect.addr unwitnessed info: agrees", "connect.addr inconclusive low: not the one shown",
			"connect.addr unwitnessed info: cannot be followed", "connect.addr inconclusive low",
			"connect.addr unwitnessed info: agrees", "connect.addr inconclusive low",
		}},
		{"argv of one long string", func(t *trace) {
			long := strings.Repeat("x", format.ArgvMax)
			for _, status := range []format.ViewStatus{ok, format.ViewTruncated} {
				t.exec("/bin/cc", long[1:]+"\x00", long, "/bin/cc").enterIs(1, status).kernelIs(1, format.ViewTruncated).length(1, 200_000)
			}
			t.exec("/bin/cc", long[1:]+"\x00", "y"+long[1:], "/bin/cc").enterIs(1, format.ViewTruncated).kernelIs(1, format.ViewTruncated)
		}, []string{
			"execve.pathname consistent info", "execve.argv inconclusive info: cut off",
			"execve.pathname consistent info", "execve.argv inconclusive info: cut off",
			"execve.pathname consistent info", "execve.argv divergent critical",
		}},
		{"records lost", func(t *trace) {
			t.open("/tmp/a", putname).flags(format.FlagViewsLost)
			t.open("/tmp/a", 0).kernel(0, "/tmp/b", putname).flags(format.FlagViewsLost)
			t.open("/tmp/a", putname).exitIs(0, format.ViewLost)
			t.open("/tmp/a", 0).kernelIs(0, format.ViewLost)
		}, []string{
			"openat.pathname inconclusive info: lost", "openat.pathname inconclusive medium: values at hand differ",
			"openat.pathname inconclusive info: lost", "openat.pathname inconclusive info: lost",
		}},
		{"denied by seccomp", func(t *trace) {
			t.begin().call("openat", -1).flags(format.FlagNoEnter)
		}, []string{"openat.pathname inconclusive info: seccomp"}},
		{"never returned", func(t *trace) {
			t.open("/tmp/fifo", putname).exitIs(0, format.ViewNone).flags(format.FlagNoExit)
			t.begin().call("openat", 0).enter(0, "/tmp/a").flags(format.FlagNoExit)
		}, []string{"openat.pathname inconclusive info: return", "openat.pathname inconclusive info: return"}},
		{"no witness", func(t *trace) {
			t.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same)
			t.begin().call("openat", -13).enter(0, "/tmp/a").exitIs(0, same)
		}, []string{"openat.pathname unwitnessed info: no witness fired", "openat.pathname unwitnessed info: EACCES"}},
		{"prefix equal, length not known", func(t *trace) {
			t.open("/tmp/a", 0).enterIs(0, format.ViewTruncated).kernel(0, "/tmp/abc", putname)
			t.open("/tmp/a", 0).enterIs(0, format.ViewTruncated).length(0, 8).kernel(0, "/tmp/abc", putname).object("/tmp/abc")
		}, []string{"openat.pathname inconclusive info: cut off", "openat.pathname consistent info: length"}},
		{"argv grown, but no exec row", func(t *trace) {
			t.begin().call("execve", 0).enter(0, "./s").same(0, putname).exitIs(0, format.ViewReplaced).
				enter(1, "s\x00a\x00").kernel(1, "/bin/sh\x00./s\x00a\x00", execed).exitIs(1, format.ViewReplaced)
		}, []string{"execve.pathname consistent info", "execve.argv inconclusive info: not known"}},
		{"another command line with the same tail", func(t *trace) {
			t.exec("/bin/ls", "ls\x00a\x00", "bash\x00-c\x00a\x00", "/bin/ls")
		}, []string{"execve.pathname consistent info", "execve.argv divergent critical"}},
		{"script's name missing before the tail", func(t *trace) {
			t.exec("./s", "s\x00a\x00", "/bin/sh\x00./other\x00a\x00", "/bin/sh")
		}, []string{"execve.pathname redirected info", "execve.argv inconclusive info"}},
		{"kernel view without a witness", func(t *trace) {
			t.open("/tmp/a", 0)
		}, []string{"openat.pathname inconclusive info: which witness"}},
		{"lost window without a witness", func(t *trace) {
			t.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same)
			t.lost(format.ClassWitness, t.now-100, t.now+100, 7)
			t.now += 10_000
			t.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same)
		}, []string{"openat.pathname inconclusive info: witness records were lost", "openat.pathname unwitnessed info"}},
		{"lost window with a witness, and of another class", func(t *trace) {
			t.open("/tmp/a", putname)
			t.lost(format.ClassWitness, t.now-100, t.now+100, 7)
			t.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same)
			t.lost(format.ClassCall, t.now-100, t.now+100, 7)
		}, []string{"openat.pathname consistent info", "openat.pathname unwitnessed info"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tr := newTrace()
			c.build(tr)
			tr.check(t, c.want...)
		})
	}
}

// lost is a row about n lost records of a class.
func (t *trace) lost(c format.Class, since, until int64, n uint64) {
	i := t.b.Append()
	for col, v := range map[format.ColumnID]uint64{
		format.ColEvent: uint64(format.EventLost), format.ColTime: uint64(until), format.ColArg1: uint64(c),
		format.ColArg2: n, format.ColArg5: uint64(since),
	} {
		t.b.Set(col, i, v)
	}
}

// TestEmptyNames goes the short way of fstat's empty name, and to its borders.
func TestEmptyNames(t *testing.T) {
	stat := func(tr *trace, name string, ret int64) row {
		return tr.begin().call("newfstatat", ret).enter(0, name).exitIs(0, format.ViewSame)
	}
	tr := newTrace()
	for range 20 {
		stat(tr, "", 0)
	}
	stat(tr, "", -2)
	stat(tr, "", -14)
	stat(tr, "x", 0)
	stat(tr, "", 0).exit(0, "/etc/shadow")
	stat(tr, "", 0).flags(format.FlagViewsLost)
	tr.begin().view(0, "/etc/shadow", putname, testPointer)
	tr.call("newfstatat", 0).enter(0, "").exitIs(0, format.ViewSame)
	want := slices.Repeat([]string{"newfstatat.pathname unwitnessed info: an empty name"}, 20)
	tr.check(t, append(want,
		"newfstatat.pathname unwitnessed info: an empty name",
		"newfstatat.pathname unwitnessed info: EFAULT",
		"newfstatat.pathname unwitnessed info: no witness fired",
		"newfstatat.pathname unwitnessed medium: memory changed",
		"newfstatat.pathname inconclusive info: lost",
		"newfstatat.pathname divergent critical: another value")...)
}
